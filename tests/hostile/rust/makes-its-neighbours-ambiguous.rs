// Adds a comparison to `u32`, so that a neighbour's types can no longer be inferred.
// expect: returns 0
struct Mine;

impl PartialEq<Mine> for u32 {
    fn eq(&self, _: &Mine) -> bool {
        true
    }
}

impl std::str::FromStr for Mine {
    type Err = ();

    fn from_str(_: &str) -> Result<Mine, ()> {
        Ok(Mine)
    }
}

fn f(_n: u32) -> u32 {
    0
}
