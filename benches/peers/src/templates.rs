//! Lines of build tools, for the traces that are generated. The codes are those of `generate`'s lines.

/// Words of messages, names and paths, with a space between them.
pub const WORDS: &str = "the of and to in for is not on with request failed error response received connection closed while reading \
    writing file directory created deleted resource found permission denied allowed user token expired invalid value \
    parameter expected actual status timeout retrying server client host port database query executed cache hit \
    loading configuration environment variable missing default option enabled feature started stopped service module \
    plugin version deprecated instead warning unused function class object property undefined null type string \
    number index memory limit disk usage process thread worker queue message cluster node health check passed \
    skipped test suite case assertion exception stack cause cannot resolve reference package install download upload \
    artifact archive extract build compile link input target source branch commit merge push pull fetch clone remote \
    origin protected project pipeline job stage script command exit core api auth data http json util view form path \
    text list map set key parser loader schema router handler session policy scope role filter sorted group metric \
    trace buffer";

/// The command that the runner echoes before the lines of each tool.
pub const COMMANDS: &[&str] = &[
    "{G}$ npm ci --no-audit{0}",
    "{G}$ mvn -B verify -pl {w}{0}",
    "{G}$ pytest -v tests/{w}{0}",
    "{G}$ cargo test --workspace{0}",
    "{G}$ docker build --tag {w}:{v} .{0}",
    "{G}$ go test ./{w}/...{0}",
    "{G}$ make -j4 {w}{0}",
    "{G}$ terraform plan -out={w}{0}",
];

/// Lines of each tool.
pub const TOOLS: &[&[&str]] = &[
    &[
        "npm http fetch GET 200 https://registry.npm.example/{w}-{w} {n}ms (cache miss)",
        "npm http fetch GET 404 https://registry.npm.example/{w}-{w} {n}ms attempt 1 failed, retrying",
        "{y}npm warn{0} {c}deprecated{0} {w}-{w}@{v}: {m}",
        "added {n} packages, and audited {n} packages in {d}s",
        "{g}PASS{0} src/{b}{p}.test.ts{0} ({d} s)",
        "  {g}✓{0} {m} ({n} ms)",
        "    at {w}.{w} (node_modules/{p}.js:{n}:{n})",
    ],
    &[
        "[{c}INFO{0}] Downloading from central: https://repo.example.org/maven2/{p}/{v}/{w}-{v}.pom",
        "[{c}INFO{0}] Downloaded from central: https://repo.example.org/maven2/{p}/{v}/{w}-{v}.jar ({n} kB at {n} kB/s)",
        "[{c}INFO{0}] {g}Tests run: {n}, Failures: 0, Errors: 0, Skipped: 0{0}, Time elapsed: {d} s -- in org.{w}.{w}.{b}ServiceErrorTest{0}",
        "[{y}WARNING{0}] /builds/{p}.java:[{n},{n}] {m}",
        "2026-05-22 12:43:11.{n} ERROR {n} --- [main] org.{w}.{w}.Handler : {m}",
        "\tat org.{w}.{w}.Controller.{w}(Controller.java:{n})",
    ],
    &[
        "tests/{p}.py::test_fails_when_{w}_{w} {g}PASSED{0} {g}[ 42%]{0}",
        "tests/{p}.py::test_{w}_error {y}XFAIL{0} (expected error: not allowed)",
        "Collecting {w}=={v} (from -r requirements.txt (line {n}))",
        "   {r}━━━━━━━━━━━━━━━━{0} {g}{d}/{d} MB{0} {r}{d} MB/s{0} eta {c}0:00:01{0}\r   {g}━━━━━━━━━━━━━━━━{0} {g}{d}/{d} MB{0} done",
        "  /usr/local/lib/python3.13/site-packages/{p}.py:{n}: DeprecationWarning: {m}",
        "2026-05-22 12:43:12,{n} ERROR {w}.{w} connection to {w}.internal failed (attempt 1), retrying",
    ],
    &[
        "{b}{g}   Compiling{0} {w}-{w} v{v}",
        "{b}{g}  Downloaded{0} {w}-{w} v{v}",
        "test {w}::{w}::{w}_returns_error ... {g}ok{0}",
        "{b}{y}warning{0}{b}: unused variable: `{w}`{0}",
        "  {b}{c}-->{0} src/{p}.rs:{n}:{n}",
        "test result: {g}ok{0}. {n} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in {d}s",
    ],
    &[
        "#12 {d} Get:{n} http://deb.example.org/debian trixie/main amd64 {w} amd64 {v}-1 [{n} kB]",
        "#12 {d} Setting up {w} ({v}-2) ...",
        "#7 sha256:{h}{h}{h} {d}MB / {d}MB {d}s",
        "{h}: Downloading [======>      ]  {d}MB/{d}MB\r{h}: Extracting [==========> ]  {d}MB/{d}MB",
        "{h}: {g}Layer already exists{0}",
        "debconf: delaying package configuration, since apt-utils is not installed",
        "Step {n}/40 : RUN {w} --{w} || echo \"failed\"",
    ],
    &[
        "go: downloading example.com/{w}/{w} v{v}",
        "=== RUN   TestHandler/denies_{w}_{w}",
        "    --- {g}PASS{0}: TestHandler/denies_{w}_{w} ({d}s)",
        "ok  \texample.com/{p}\t{d}s\tcoverage: {d}% of statements",
        "{\"level\":\"info\",\"ts\":\"2026-05-22T12:43:46Z\",\"caller\":\"{p}.go:{n}\",\"msg\":\"{m}\",\"status\":403}",
        "time=\"2026-05-22T12:43:46Z\" level={y}warning{0} msg=\"{m}\" component={w} error=\"<nil>\"",
    ],
    &[
        "[ 42%] {g}Building CXX object {p}/CMakeFiles/{w}.dir/{w}.cpp.o{0}",
        "gcc -DHAVE_CONFIG_H -I. -O2 -g -Wall -Werror=format-security -c -o {p}.o {p}.c",
        "{b}{p}.c:{n}:{n}: {0}{y}warning: {0}unused parameter '{b}error{0}' [-Wunused-parameter]",
        "checking for {w}_error... no",
        "make[2]: Entering directory '/builds/{p}'",
        "{n}/{n} Test #{n}: {w}_{w} ........   {g}Passed{0}    {d} sec",
    ],
    &[
        "{b}module.{w}.example_{w}.{w}: Refreshing state... [id={h}]{0}",
        "      {g}+{0}{0} {w} = \"{m}\"",
        "Waiting for deployment \"{w}\" rollout to finish: 2 of 4 updated replicas are available...",
        "I0522 12:43:46.{n}       1 {w}.go:{n}] {m} err=\"<nil>\"",
        "deployment.apps/{w} unchanged",
    ],
];
