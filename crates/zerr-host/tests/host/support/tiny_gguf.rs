//! A GGUF model with random weights, small enough to be made for each test: [`TinyModel`].
//!
//! Its vocabulary is the 256 bytes and four control tokens, so that it says anything at all:
//! bytes that are no UTF-8, texts without end, and now and then the end of its turn.

use std::{fs, io, path::Path};

/// What differs between test models.
#[derive(Clone)]
pub(crate) struct TinyModel {
    pub(crate) architecture: &'static str,
    pub(crate) context: u32,
    pub(crate) width: u32,
    pub(crate) layers: u32,
    pub(crate) with_template: bool,
}

impl Default for TinyModel {
    fn default() -> Self {
        Self { architecture: "llama", context: 512, width: 64, layers: 2, with_template: true }
    }
}

pub(crate) const TEMPLATE: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const HEADS: u32 = 4;
const CONTROL: [&str; 4] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"];

impl TinyModel {
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, self.bytes())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let tensors = self.tensors();
        let mut pairs = Pairs::default();
        let key = |name: &str| format!("{}.{name}", self.architecture);
        pairs.string("general.architecture", self.architecture);
        pairs.string("general.name", "tiny");
        pairs.u32(&key("context_length"), self.context);
        pairs.u32(&key("embedding_length"), self.width);
        pairs.u32(&key("block_count"), self.layers);
        pairs.u32(&key("feed_forward_length"), 2 * self.width);
        pairs.u32(&key("attention.head_count"), HEADS);
        pairs.u32(&key("rope.dimension_count"), self.width / HEADS);
        pairs.f32(&key("attention.layer_norm_rms_epsilon"), 1e-5);
        pairs.string("tokenizer.ggml.model", "gpt2");
        pairs.string("tokenizer.ggml.pre", "gpt-2");
        let bytes = (0..=255).map(|byte| byte_piece(byte).to_string());
        let pieces: Vec<String> = bytes.chain(CONTROL.map(str::to_owned)).collect();
        pairs.strings("tokenizer.ggml.tokens", &pieces);
        let kinds: Vec<i32> = (0..pieces.len()).map(|id| if id < 256 { 1 } else { 3 }).collect();
        pairs.i32s("tokenizer.ggml.token_type", &kinds);
        pairs.strings("tokenizer.ggml.merges", &[]);
        pairs.u32("tokenizer.ggml.eos_token_id", 258);
        pairs.u32("tokenizer.ggml.padding_token_id", 259);
        if self.with_template {
            pairs.string("tokenizer.chat_template", TEMPLATE);
        }

        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((tensors.len() as u64).to_le_bytes());
        file.extend(pairs.count.to_le_bytes());
        file.extend(pairs.bytes);
        let mut offset = 0u64;
        for (name, dimensions, _) in &tensors {
            put_string(&mut file, name);
            file.extend((dimensions.len() as u32).to_le_bytes());
            for dimension in dimensions {
                file.extend(u64::from(*dimension).to_le_bytes());
            }
            file.extend(0u32.to_le_bytes());
            file.extend(offset.to_le_bytes());
            offset += elements(dimensions) * 4;
        }
        file.resize(file.len().next_multiple_of(32), 0);
        let mut random = 0x2545_f491_4f6c_dd1du64;
        for (_, dimensions, scale) in &tensors {
            for _ in 0..elements(dimensions) {
                let value = match scale {
                    Some(scale) => {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        (random.cast_signed() as f64 / i64::MAX as f64) as f32 * scale
                    }
                    None => 1.0,
                };
                file.extend(value.to_le_bytes());
            }
        }
        file
    }

    /// Names, dimensions (rows last) and the spread of the values; norms are ones.
    fn tensors(&self) -> Vec<(String, Vec<u32>, Option<f32>)> {
        let (width, inner) = (self.width, 2 * self.width);
        let vocabulary = 256 + CONTROL.len() as u32;
        let scale = Some((3.0 / width as f32).sqrt());
        let mut tensors = vec![
            ("token_embd.weight".to_owned(), vec![width, vocabulary], Some(1.0)),
            ("output_norm.weight".to_owned(), vec![width], None),
            ("output.weight".to_owned(), vec![width, vocabulary], scale),
        ];
        for layer in 0..self.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            tensors.push((name("attn_norm"), vec![width], None));
            tensors.push((name("ffn_norm"), vec![width], None));
            for part in ["attn_q", "attn_k", "attn_v", "attn_output"] {
                tensors.push((name(part), vec![width, width], scale));
            }
            tensors.push((name("ffn_gate"), vec![width, inner], scale));
            tensors.push((name("ffn_up"), vec![width, inner], scale));
            tensors.push((name("ffn_down"), vec![inner, width], scale));
        }
        tensors
    }
}

#[derive(Default)]
struct Pairs {
    count: u64,
    bytes: Vec<u8>,
}

impl Pairs {
    fn key(&mut self, key: &str, kind: u32) {
        self.count += 1;
        put_string(&mut self.bytes, key);
        self.bytes.extend(kind.to_le_bytes());
    }

    fn u32(&mut self, key: &str, value: u32) {
        self.key(key, 4);
        self.bytes.extend(value.to_le_bytes());
    }

    fn f32(&mut self, key: &str, value: f32) {
        self.key(key, 6);
        self.bytes.extend(value.to_le_bytes());
    }

    fn string(&mut self, key: &str, value: &str) {
        self.key(key, 8);
        put_string(&mut self.bytes, value);
    }

    fn strings(&mut self, key: &str, values: &[String]) {
        self.key(key, 9);
        self.bytes.extend(8u32.to_le_bytes());
        self.bytes.extend((values.len() as u64).to_le_bytes());
        for value in values {
            put_string(&mut self.bytes, value);
        }
    }

    fn i32s(&mut self, key: &str, values: &[i32]) {
        self.key(key, 9);
        self.bytes.extend(5u32.to_le_bytes());
        self.bytes.extend((values.len() as u64).to_le_bytes());
        for value in values {
            self.bytes.extend(value.to_le_bytes());
        }
    }
}

fn put_string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn elements(dimensions: &[u32]) -> u64 {
    dimensions.iter().map(|&dimension| u64::from(dimension)).product()
}

/// GPT-2's spelling of a byte: printable ones stand for themselves, the others for characters
/// from U+0100 on, in order.
fn byte_piece(byte: u8) -> char {
    let is_printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if is_printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&byte| !is_printable(byte)).count() as u32;
    char::from_u32(256 + before).unwrap_or('\u{fffd}')
}
