//! Vectorscan's C interface. The only unsafe code of this crate.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::marker::PhantomData;
use std::{ptr, slice};

/// What a set of expressions is compiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Upper and lower case are the same.
    pub const CASELESS: Flags = Flags(1);
    /// `^` and `$` hold at line ends too.
    pub const MULTILINE: Flags = Flags(4);
    /// An expression is reported once for one text.
    pub const SINGLEMATCH: Flags = Flags(8);

    /// These and those.
    pub const fn and(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// As the library counts them.
    pub fn bits(self) -> u32 {
        self.0
    }
}

const MODE_BLOCK: c_uint = 1;
const SUCCESS: c_int = 0;

/// Why expressions were refused, and which one, if one alone is the reason.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The library's words.
    pub message: String,
    /// The index of the expression.
    pub expression: Option<usize>,
}

#[repr(C)]
struct CompileError {
    message: *mut c_char,
    expression: c_int,
}

#[repr(C)]
struct RawDatabase {
    _opaque: [u8; 0],
}

#[repr(C)]
struct RawScratch {
    _opaque: [u8; 0],
}

type OnMatch = extern "C" fn(c_uint, c_ulonglong, c_ulonglong, c_uint, *mut c_void) -> c_int;

unsafe extern "C" {
    safe fn hs_version() -> *const c_char;
    fn hs_compile_multi(
        expressions: *const *const c_char,
        flags: *const c_uint,
        ids: *const c_uint,
        elements: c_uint,
        mode: c_uint,
        platform: *const c_void,
        database: *mut *mut RawDatabase,
        error: *mut *mut CompileError,
    ) -> c_int;
    fn hs_free_compile_error(error: *mut CompileError) -> c_int;
    fn hs_free_database(database: *mut RawDatabase) -> c_int;
    fn hs_database_info(database: *const RawDatabase, info: *mut *mut c_char) -> c_int;
    fn hs_database_size(database: *const RawDatabase, size: *mut usize) -> c_int;
    fn hs_serialize_database(database: *const RawDatabase, bytes: *mut *mut c_char, length: *mut usize) -> c_int;
    fn hs_deserialize_database(bytes: *const c_char, length: usize, database: *mut *mut RawDatabase) -> c_int;
    fn hs_alloc_scratch(database: *const RawDatabase, scratch: *mut *mut RawScratch) -> c_int;
    fn hs_free_scratch(scratch: *mut RawScratch) -> c_int;
    fn hs_scan(
        database: *const RawDatabase,
        data: *const c_char,
        length: c_uint,
        flags: c_uint,
        scratch: *mut RawScratch,
        on_match: OnMatch,
        context: *mut c_void,
    ) -> c_int;
    fn free(pointer: *mut c_void);
}

/// The library's version.
pub fn version() -> String {
    // SAFETY: the library returns a string that lives as long as the program.
    unsafe { CStr::from_ptr(hs_version()) }.to_string_lossy().split_whitespace().next().unwrap_or_default().to_owned()
}

/// Expressions compiled together, for whole texts.
#[derive(Debug)]
pub struct Database(*mut RawDatabase);

// SAFETY: a database is read-only once it is compiled; the library's manual allows scans from many threads.
unsafe impl Send for Database {}
// SAFETY: as above.
unsafe impl Sync for Database {}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the library, and nobody else frees it.
        unsafe { hs_free_database(self.0) };
    }
}

impl Database {
    /// Compiles expressions; the id of each is its index. Cost: milliseconds an expression.
    pub fn compile(expressions: &[&str], flags: Flags) -> Result<Database, Refusal> {
        let strings: Result<Vec<CString>, _> = expressions.iter().map(|e| CString::new(*e)).collect();
        let strings = strings.map_err(|e| Refusal { message: e.to_string(), expression: None })?;
        let pointers: Vec<*const c_char> = strings.iter().map(|s| s.as_ptr()).collect();
        let (all_flags, ids) = (vec![flags.0; pointers.len()], (0..pointers.len() as c_uint).collect::<Vec<_>>());
        let (mut database, mut error) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the three arrays have as many elements as is said, and the strings outlive the call. A platform of
        // null is the machine at hand.
        let status = unsafe {
            let elements = pointers.len() as c_uint;
            hs_compile_multi(pointers.as_ptr(), all_flags.as_ptr(), ids.as_ptr(), elements, MODE_BLOCK, ptr::null(), &mut database, &mut error)
        };
        if status == SUCCESS {
            return Ok(Database(database));
        }
        if error.is_null() {
            return Err(Refusal { message: format!("status {status}"), expression: None });
        }
        // SAFETY: where the call fails it sets the error, with a message, and leaves it to the caller to free it.
        let refusal = unsafe {
            let CompileError { message, expression } = &*error;
            Refusal { message: CStr::from_ptr(*message).to_string_lossy().into_owned(), expression: usize::try_from(*expression).ok() }
        };
        // SAFETY: as above; nothing of it is used any more.
        unsafe { hs_free_compile_error(error) };
        Err(refusal)
    }

    /// As bytes, for [`Database::from_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let (mut bytes, mut length) = (ptr::null_mut(), 0);
        // SAFETY: the database is valid; both results are written before they are read.
        let status = unsafe { hs_serialize_database(self.0, &mut bytes, &mut length) };
        if status != SUCCESS {
            return Err(format!("the database cannot be kept: status {status}"));
        }
        // SAFETY: the library allocated `length` bytes there.
        let copy = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), length) }.to_vec();
        // SAFETY: allocated with malloc, since no other allocator was set; freed once.
        unsafe { free(bytes.cast()) };
        Ok(copy)
    }

    /// From bytes that [`Database::to_bytes`] made with the same version of the library on the same kind of machine.
    pub fn from_bytes(bytes: &[u8]) -> Result<Database, String> {
        let mut database = ptr::null_mut();
        // SAFETY: the library checks version, platform and a checksum, and refuses other bytes.
        let status = unsafe { hs_deserialize_database(bytes.as_ptr().cast(), bytes.len(), &mut database) };
        if status == SUCCESS { Ok(Database(database)) } else { Err(format!("status {status}")) }
    }

    /// What the library says of it: version, CPU features, mode.
    pub fn info(&self) -> String {
        let mut info = ptr::null_mut();
        // SAFETY: the database is valid; the result is written before it is read.
        if unsafe { hs_database_info(self.0, &mut info) } != SUCCESS {
            return String::new();
        }
        // SAFETY: on success it is a string.
        let text = unsafe { CStr::from_ptr(info) }.to_string_lossy().into_owned();
        // SAFETY: allocated with malloc, since no other allocator was set; freed once.
        unsafe { free(info.cast()) };
        text
    }

    /// Its bytes in memory.
    pub fn bytes(&self) -> usize {
        let mut size = 0;
        // SAFETY: the database is valid.
        unsafe { hs_database_size(self.0, &mut size) };
        size
    }

    /// What one thread needs to scan.
    pub fn scanner(&self) -> Result<Scanner<'_>, String> {
        let mut scratch = ptr::null_mut();
        // SAFETY: the database is valid, and null asks for a new scratch.
        let status = unsafe { hs_alloc_scratch(self.0, &mut scratch) };
        if status == SUCCESS { Ok(Scanner { database: self.0, scratch, owner: PhantomData }) } else { Err(format!("no scratch: status {status}")) }
    }
}

/// Scans text after text.
#[derive(Debug)]
pub struct Scanner<'d> {
    database: *const RawDatabase,
    scratch: *mut RawScratch,
    owner: PhantomData<&'d Database>,
}

// SAFETY: a scratch serves one scan at a time, on whichever thread; `scan` takes `&mut self`.
unsafe impl Send for Scanner<'_> {}

impl Drop for Scanner<'_> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the library, and nobody else frees it.
        unsafe { hs_free_scratch(self.scratch) };
    }
}

impl Scanner<'_> {
    /// Appends to `found` the ids of the expressions that match somewhere in `text`, at most 4 GiB.
    pub fn scan(&mut self, text: &[u8], found: &mut Vec<u32>) -> Result<(), String> {
        let length = c_uint::try_from(text.len()).map_err(|e| e.to_string())?;
        // SAFETY: the database lives as long as `self`, the scratch was made for it and is not in use, since `self` is
        // borrowed mutably; `text` has that length; the context is the vector that `on_match` expects.
        let status = unsafe { hs_scan(self.database, text.as_ptr().cast(), length, 0, self.scratch, on_match, ptr::from_mut(found).cast()) };
        if status == SUCCESS { Ok(()) } else { Err(format!("the scan ended with status {status}")) }
    }
}

extern "C" fn on_match(id: c_uint, _from: c_ulonglong, _to: c_ulonglong, _flags: c_uint, context: *mut c_void) -> c_int {
    // SAFETY: `scan` passes a vector that nobody else uses during the call.
    let found = unsafe { &mut *context.cast::<Vec<u32>>() };
    found.push(id);
    0
}
