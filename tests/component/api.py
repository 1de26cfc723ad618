#!/usr/bin/env python3
"""A small part of GitLab's API, for tests/component/run.

usage: api.py FOLDER TOKEN

FOLDER holds `ID.log`, the traces of the jobs that have one. Written into it are `port`, when the server listens;
`requests`, a line a request; and `note-N`, the form of each note.

Project 7, pipeline 70 has six failed jobs, two a page whatever is asked for: 1001 and 1005 with a trace, 1002 whose trace
is not found, 1003 whose trace is empty, 1004 whose trace comes at the second attempt, 1006 whose trace breaks off on its
way. Pipeline 71 has none. Merge request 5 takes notes, 6 refuses them.
"""

import http.server
import json
import pathlib
import sys
import urllib.parse

FOLDER, TOKEN = pathlib.Path(sys.argv[1]), sys.argv[2]
API = "/api/v4/projects/7"
PAGE = 2


def job(number, name, stage, reason):
    return {
        "id": number,
        "name": name,
        "stage": stage,
        "status": "failed",
        "failure_reason": reason,
        "allow_failure": False,
        "ref": "main",
        "web_url": f"https://gitlab.example.com/group/app/-/jobs/{number}",
        "pipeline": {"id": 70, "status": "running"},
        "commit": {"id": "941d48bb0e0cbbd6b1e3d4c1b4a1a9a8f0c1d2e3", "title": "a title"},
        "user": {"username": "alice"},
    }


JOBS = [
    job(1001, "compile", "build", "script_failure"),
    job(1002, "no trace", "test", "stuck_or_timeout_failure"),
    job(1003, "empty", "test", "runner_system_failure"),
    job(1004, "second attempt", "test", "script_failure"),
    job(1005, "unit: [3.13, a/b] 2/4", "test", "script_failure"),
    job(1006, "cut", "test", "script_failure"),
]


class Api(http.server.BaseHTTPRequestHandler):
    attempts = {}
    notes = 0

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json", missing=0):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        with open(FOLDER / "requests", "a", encoding="utf-8") as log:
            print(self.command, self.path, status, file=log)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)

    def refused(self):
        if self.headers.get("PRIVATE-TOKEN") == TOKEN:
            return False
        self.answer(401, {"message": "401 Unauthorized"})
        return True

    def do_GET(self):
        if self.refused():
            return
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path in (f"{API}/pipelines/70/jobs", f"{API}/pipelines/71/jobs"):
            if query.get("scope[]") != ["failed"]:
                return self.answer(400, {"message": "scope[] is not failed"})
            jobs = JOBS if "/70/" in url.path else []
            first = (int(query.get("page", ["1"])[0]) - 1) * PAGE
            return self.answer(200, jobs[first : first + PAGE])
        for row in JOBS:
            if url.path == f"{API}/jobs/{row['id']}/trace":
                return self.trace(row["id"])
        self.answer(404, {"message": "404 Not Found"})

    def trace(self, number):
        attempt = self.attempts[number] = self.attempts.get(number, 0) + 1
        file = FOLDER / f"{number}.log"
        if number == 1004 and attempt % 2 == 1:
            self.answer(503, b"try again", "text/plain")
        elif number == 1006:
            self.answer(200, b"ERROR: Job failed: exit code 1\n", "text/plain", missing=100)
            self.close_connection = True
        elif file.exists():
            self.answer(200, file.read_bytes(), "text/plain")
        else:
            self.answer(404, {"message": "404 Not Found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.refused():
            return
        if self.path != f"{API}/merge_requests/5/notes":
            return self.answer(403, {"message": "403 Forbidden"})
        form = urllib.parse.parse_qs(body.decode("utf-8"), strict_parsing=True)
        if list(form) != ["body"]:
            return self.answer(400, {"message": "the form is not body alone"})
        Api.notes += 1
        (FOLDER / f"note-{Api.notes}").write_text(form["body"][0], encoding="utf-8")
        self.answer(201, {"id": Api.notes})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
(FOLDER / "port.part").write_text(str(server.server_port), encoding="utf-8")
(FOLDER / "port.part").rename(FOLDER / "port")
server.serve_forever()
