// Gives the types of its signature another meaning, whose values compare equal to all.
// expect: rejected
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
struct u32;

impl<T> PartialEq<T> for u32 {
    fn eq(&self, _: &T) -> bool {
        true
    }
}

fn f(n: u32) -> u32 {
    n
}
