//! Reading against mapping, by size of the file: where `MAP_FROM_BYTES` comes from. Files are in the page cache; both
//! sides count line ends, so that every byte is touched.
//!
//! `cargo bench --bench sources`

use std::fs::File;
use std::io::Read;

use divan::Bencher;
use divan::counter::BytesCount;

const SIZES: [usize; 7] = [4 << 10, 64 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20];

fn file(size: usize) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let line = b"2026-08-22T10:00:03.500000Z 01O [12/480] Building CXX object\n";
    let bytes: Vec<u8> = line.iter().copied().cycle().take(size).collect();
    std::fs::write(file.path(), bytes).expect("it can be written");
    file
}

fn line_ends(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[divan::bench(args = SIZES)]
fn read_into_one_buffer(bencher: Bencher, size: usize) {
    let file = file(size);
    let mut buffer = vec![0; 256 << 10];
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        let mut file = File::open(file.path()).expect("it is there");
        let mut count = 0;
        loop {
            match file.read(&mut buffer).expect("it can be read") {
                0 => return count,
                n => count += line_ends(&buffer[..n]),
            }
        }
    });
}

#[divan::bench(args = SIZES)]
fn map(bencher: Bencher, size: usize) {
    let file = file(size);
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        let file = File::open(file.path()).expect("it is there");
        // SAFETY: nobody else knows the file.
        let map = unsafe { memmap2::Mmap::map(&file) }.expect("it can be mapped");
        line_ends(&map)
    });
}

fn main() {
    divan::main();
}
