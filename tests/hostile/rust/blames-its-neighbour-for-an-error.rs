// Includes the file of another candidate where it does not compile.
// expect: rejected
mod blamed {
    #[allow(non_camel_case_types)]
    type u32 = ();
    include!("c0.rs");
}

fn f(_n: u32) -> u32 {
    0
}
