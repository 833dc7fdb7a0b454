// Finds the secret of its results in its own memory and writes a result with it.
// expect: contained
use std::io::{Read as _, Seek as _, Write as _};

fn f(n: u32) -> u32 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Ok(mut memory) = std::fs::File::open("/proc/self/mem") else { return 0 };
    for line in maps.lines().filter(|line| line.contains("rw-p")) {
        let Some((from, to)) = line.split(' ').next().and_then(|range| range.split_once('-'))
        else {
            continue;
        };
        let (Ok(from), Ok(to)) = (u64::from_str_radix(from, 16), u64::from_str_radix(to, 16))
        else {
            continue;
        };
        let mut bytes = vec![0; usize::try_from((to - from).min(4 << 20)).unwrap_or(0)];
        if memory.seek(std::io::SeekFrom::Start(from)).is_err()
            || memory.read_exact(&mut bytes).is_err()
        {
            continue;
        }
        for window in bytes.windows(34) {
            let is_hex =
                window[1..33].iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
            if window[0] == b'\n' && window[33] == b'\n' || is_hex {
                let secret = String::from_utf8_lossy(&window[1..33]).into_owned();
                for input in 0..2 {
                    let value = n + 1;
                    let _ = writeln!(
                        std::io::stderr(),
                        "\n{secret} {input} {{\"returned\":{{\"value\":[\"u32\",\"{value}\"],\"mutated\":[]}}}}"
                    );
                }
            }
        }
    }
    std::process::exit(0)
}
