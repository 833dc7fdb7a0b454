//! How many decisions a text makes, as cyclomatic complexity counts them: [`decisions`].

use tree_sitter::Node;

use crate::{Language, tree};

/// Places where a text may go one way or the other: conditions, loops, guards, arms of a `match` after the first,
/// `and` and `or`, handlers, `?`. The cyclomatic complexity of a function is one more (T. J. `McCabe`, IEEE TSE 2(4), 1976).
pub fn decisions(language: Language, text: &str) -> u32 {
    let Some(tree) = tree::parse(language, text) else { return 0 };
    tree::preorder(tree.root_node()).map(|node| weight(language, node)).sum()
}

fn weight(language: Language, node: Node<'_>) -> u32 {
    match (language, node.kind()) {
        (
            Language::Python,
            "if_statement"
            | "elif_clause"
            | "for_statement"
            | "while_statement"
            | "conditional_expression"
            | "boolean_operator"
            | "for_in_clause"
            | "if_clause"
            | "except_clause",
        )
        | (
            Language::Rust,
            "if_expression" | "while_expression" | "for_expression" | "loop_expression"
            | "try_expression",
        ) => 1,
        (Language::Rust, "binary_expression") => {
            let operator = node.child_by_field_name("operator").map(|operator| operator.kind());
            u32::from(matches!(operator, Some("&&" | "||")))
        }
        (Language::Rust, "match_block") => after_the_first(node, "match_arm"),
        (Language::Python, "match_statement") => {
            node.child_by_field_name("body").map_or(0, |body| after_the_first(body, "case_clause"))
        }
        _ => 0,
    }
}

fn after_the_first(node: Node<'_>, arm: &str) -> u32 {
    let mut cursor = node.walk();
    let arms = node.named_children(&mut cursor).filter(|child| child.kind() == arm).count();
    (arms as u32).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_counted_in_both_languages() {
        let python =
            |body: &str| decisions(Language::Python, &format!("def f(x, xs):\n    {body}\n"));
        assert_eq!(python("return x"), 0);
        assert_eq!(python("return 1 if x and xs or x > 2 else 0"), 3);
        assert_eq!(python("return sum(y for y in xs if y > x)"), 2);
        assert_eq!(
            python(
                "if x:\n        return 1\n    elif xs:\n        return 2\n    else:\n        return 3"
            ),
            2
        );
        assert_eq!(
            python(
                "try:\n        while x:\n            x -= 1\n    except ValueError:\n        pass"
            ),
            2
        );
        assert_eq!(
            python(
                "match x:\n        case 1:\n            return 1\n        case _:\n            return 2"
            ),
            1
        );
        let rust = |body: &str| {
            decisions(Language::Rust, &format!("fn f(x: i32) -> Option<i32> {{ {body} }}"))
        };
        assert_eq!(rust("Some(x)"), 0);
        assert_eq!(rust("if x > 1 && x < 4 || x == 9 { None } else { Some(x) }"), 3);
        assert_eq!(rust("match x { 0 => None, 1 => Some(2), _ => Some(x) }"), 2);
        assert_eq!(rust("for y in 0..x { g(y)?; } None"), 2);
        assert_eq!(rust("((("), 0, "whatever the text is");
    }
}
