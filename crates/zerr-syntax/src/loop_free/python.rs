//! Python functions, read by tree-sitter.

use tree_sitter::Node as Tree;

use super::{
    BinaryOp, Block, CompareOp, DEPTH_MAX, Expr, Function, Node, Scalar, Statement, Untranslated,
    deeper, not,
};
use crate::literal::{self, LiteralKind};
use crate::signature::IntKind;
use crate::tree::{self, is_doc_string, named_children};
use crate::{Language, line_column};

type Read<T> = Result<T, Untranslated>;

pub(super) fn parse(text: &str, name: &str) -> Read<Function> {
    let tree = tree::parse(Language::Python, text).ok_or_else(|| not("this text", 1))?;
    let root = tree.root_node();
    if tree::depth_exceeds(root).is_some() {
        return Err(not("nesting this deep", 1));
    }
    if let Some((_, span)) = tree::first_error(root, text) {
        return Err(not("a text that does not parse", line_column(text, span.start).0));
    }
    let reader = Reader { text };
    match named_children(root).as_slice() {
        [only] if only.kind() == "function_definition" => reader.function(*only, name),
        _ => Err(not("anything beside the function", 1)),
    }
}

struct Reader<'a> {
    text: &'a str,
}

fn line(node: Tree<'_>) -> usize {
    node.start_position().row + 1
}

fn field<'tree>(node: Tree<'tree>, name: &str) -> Read<Tree<'tree>> {
    node.child_by_field_name(name).ok_or_else(|| not("syntax of this form", line(node)))
}

impl<'a> Reader<'a> {
    fn shown(&self, node: Tree<'_>) -> &'a str {
        tree::text(node, self.text)
    }

    fn function(&self, node: Tree<'_>, name: &str) -> Read<Function> {
        let here = line(node);
        if self.shown(field(node, "name")?) != name {
            return Err(not("another function", here));
        }
        if self.shown(node).starts_with("async") {
            return Err(not("an async function", here));
        }
        let params = named_children(field(node, "parameters")?).into_iter().map(|param| {
            let names = named_children(param);
            match names.first() {
                Some(name) if param.kind() == "typed_parameter" && name.kind() == "identifier" => {
                    Ok((self.shown(*name).to_owned(), self.scalar(field(param, "type")?)?))
                }
                _ => Err(not("a parameter of this form", here)),
            }
        });
        let params = params.collect::<Read<Vec<_>>>()?;
        let returns = self.scalar(field(node, "return_type")?)?;
        let body = self.block(field(node, "body")?, DEPTH_MAX)?;
        Ok(Function { name: name.to_owned(), params, returns, body })
    }

    fn scalar(&self, node: Tree<'_>) -> Read<Scalar> {
        match self.shown(node) {
            "int" => Ok(Scalar::Int(IntKind::Big)),
            "bool" => Ok(Scalar::Bool),
            _ => Err(not("a type that is neither `int` nor `bool`", line(node))),
        }
    }

    fn block(&self, node: Tree<'_>, depth: usize) -> Read<Block> {
        let depth = deeper(depth, line(node))?;
        let mut statements = Vec::new();
        for statement in named_children(node) {
            statements.extend(self.statement(statement, depth)?);
        }
        Ok(Block { statements, value: None })
    }

    fn statement(&self, node: Tree<'_>, depth: usize) -> Read<Option<Statement>> {
        let here = line(node);
        let depth = deeper(depth, here)?;
        Ok(Some(match node.kind() {
            "pass_statement" => return Ok(None),
            "expression_statement" if is_doc_string(node) => return Ok(None),
            "expression_statement" => match named_children(node).as_slice() {
                [only] => match only.kind() {
                    "assignment" => self.assignment(*only, depth)?,
                    "augmented_assignment" => self.augmented(*only, depth)?,
                    _ => Statement::Do(self.expression(*only, depth)?),
                },
                _ => return Err(not("a tuple", here)),
            },
            "return_statement" => {
                let value = named_children(node);
                let value =
                    value.first().map(|value| self.expression(*value, depth)).transpose()?;
                Statement::Return(value, here)
            }
            "if_statement" => Statement::Do(self.branch(node, depth)?),
            "assert_statement" => match named_children(node).as_slice() {
                // A message is worked out only when it is too late for anything to go wrong.
                [condition, ..] => Statement::Assert(self.expression(*condition, depth)?),
                [] => return Err(not("syntax of this form", here)),
            },
            "raise_statement" => Statement::Stop(here),
            "for_statement" | "while_statement" => return Err(not("a loop", here)),
            "with_statement" | "try_statement" | "match_statement" => {
                let word = self.shown(node).split_whitespace().next().unwrap_or("").to_owned();
                return Err(not(format!("`{}`", word.trim_end_matches(':')), here));
            }
            "import_statement" | "import_from_statement" => return Err(not("an import", here)),
            _ => return Err(not("a statement of this form", here)),
        }))
    }

    fn branch(&self, node: Tree<'_>, depth: usize) -> Read<Expr> {
        let condition = self.expression(field(node, "condition")?, depth)?;
        let yes = self.block(field(node, "consequence")?, depth)?;
        let clauses: Vec<Tree<'_>> =
            node.children_by_field_name("alternative", &mut node.walk()).collect();
        // From the last one on, so that each `elif` stands in the `else` of the one before it.
        let mut no = Block::default();
        let mut depth_left = depth;
        for clause in clauses.into_iter().rev() {
            depth_left = deeper(depth_left, line(clause))?;
            no = match clause.kind() {
                "else_clause" => self.block(field(clause, "body")?, depth)?,
                "elif_clause" => {
                    let condition = self.expression(field(clause, "condition")?, depth)?;
                    let yes = self.block(field(clause, "consequence")?, depth)?;
                    let branch = Node::If(Box::new(condition), yes, no);
                    let branch = Expr { node: branch, line: line(clause) };
                    Block { statements: vec![Statement::Do(branch)], value: None }
                }
                _ => return Err(not("syntax of this form", line(clause))),
            };
        }
        Ok(Expr { node: Node::If(Box::new(condition), yes, no), line: line(node) })
    }

    fn assignment(&self, node: Tree<'_>, depth: usize) -> Read<Statement> {
        let here = line(node);
        let targets = self.names(field(node, "left")?)?;
        if let Some(ty) = node.child_by_field_name("type") {
            self.scalar(ty)?;
        }
        let right = field(node, "right")?;
        let values = match right.kind() {
            "expression_list" | "tuple" => {
                let parts = named_children(right).into_iter();
                parts.map(|part| self.expression(part, depth)).collect::<Read<Vec<_>>>()?
            }
            _ => vec![self.expression(right, depth)?],
        };
        if targets.len() != values.len() {
            return Err(not("an assignment of this form", here));
        }
        Ok(Statement::Assign { targets, values, line: here })
    }

    fn names(&self, node: Tree<'_>) -> Read<Vec<String>> {
        let parts = match node.kind() {
            "pattern_list" | "tuple_pattern" => named_children(node),
            _ => vec![node],
        };
        let name = |part: Tree<'_>| match part.kind() {
            "identifier" => Ok(self.shown(part).to_owned()),
            _ => Err(not("an assignment of this form", line(part))),
        };
        parts.into_iter().map(name).collect()
    }

    fn augmented(&self, node: Tree<'_>, depth: usize) -> Read<Statement> {
        let here = line(node);
        let targets = self.names(field(node, "left")?)?;
        let [target] = targets.as_slice() else {
            return Err(not("an assignment of this form", here));
        };
        let operator = self.shown(field(node, "operator")?);
        let op = operator.strip_suffix('=').and_then(binary_op);
        let op = op.ok_or_else(|| not(format!("`{operator}`"), here))?;
        let old = Expr { node: Node::Name(target.clone()), line: here };
        let value = self.expression(field(node, "right")?, depth)?;
        let value = Node::Binary(op, Box::new(old), Box::new(value));
        Ok(Statement::Assign {
            targets,
            values: vec![Expr { node: value, line: here }],
            line: here,
        })
    }

    fn inner(&self, node: Tree<'_>, depth: usize) -> Read<Box<Expr>> {
        self.expression(node, depth).map(Box::new)
    }

    fn expression(&self, node: Tree<'_>, depth: usize) -> Read<Expr> {
        let here = line(node);
        let depth = deeper(depth, here)?;
        let read = match node.kind() {
            "parenthesized_expression" => match named_children(node).as_slice() {
                [only] => return self.expression(*only, depth),
                _ => return Err(not("syntax of this form", here)),
            },
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "integer" => match literal::parse(Language::Python, self.shown(node)) {
                Ok(literal) => match literal.kind {
                    LiteralKind::Int { digits, .. } => Node::Int(digits, Some(IntKind::Big)),
                    _ => return Err(not("a constant that is no integer", here)),
                },
                Err(_) => return Err(not("a constant that is no integer", here)),
            },
            "identifier" => Node::Name(self.shown(node).to_owned()),
            "not_operator" => Node::Not(self.inner(field(node, "argument")?, depth)?),
            "unary_operator" => {
                let argument = self.inner(field(node, "argument")?, depth)?;
                match self.shown(field(node, "operator")?) {
                    "-" => Node::Neg(argument),
                    "~" => Node::Invert(argument),
                    operator => return Err(not(format!("`{operator}`"), here)),
                }
            }
            "binary_operator" => {
                let operator = self.shown(field(node, "operator")?);
                let op = binary_op(operator).ok_or_else(|| not(format!("`{operator}`"), here))?;
                let left = self.inner(field(node, "left")?, depth)?;
                Node::Binary(op, left, self.inner(field(node, "right")?, depth)?)
            }
            "boolean_operator" => {
                let left = self.inner(field(node, "left")?, depth)?;
                let right = self.inner(field(node, "right")?, depth)?;
                match self.shown(field(node, "operator")?) {
                    "and" => Node::And(left, right),
                    _ => Node::Or(left, right),
                }
            }
            "comparison_operator" => self.comparison(node, depth)?,
            "conditional_expression" => match named_children(node).as_slice() {
                [yes, condition, no] => {
                    let worth = |value: Tree<'_>| -> Read<Block> {
                        let value = Some(self.inner(value, depth)?);
                        Ok(Block { statements: Vec::new(), value })
                    };
                    Node::If(self.inner(*condition, depth)?, worth(*yes)?, worth(*no)?)
                }
                _ => return Err(not("syntax of this form", here)),
            },
            "call" => self.call(node, depth)?,
            "string" | "concatenated_string" => return Err(not("a text", here)),
            "float" => return Err(not("a float", here)),
            "none" => return Err(not("`None`", here)),
            "list" | "tuple" | "subscript" | "list_comprehension" | "expression_list" => {
                return Err(not("a list", here));
            }
            "attribute" => return Err(not(format!("`{}`", self.shown(node)), here)),
            _ => return Err(not("an expression of this form", here)),
        };
        Ok(Expr { node: read, line: here })
    }

    fn comparison(&self, node: Tree<'_>, depth: usize) -> Read<Node> {
        let here = line(node);
        let mut operands = named_children(node).into_iter();
        let operators: Vec<&str> = node
            .children_by_field_name("operators", &mut node.walk())
            .map(|operator| self.shown(operator))
            .collect();
        let Some(first) = operands.next() else { return Err(not("syntax of this form", here)) };
        let operands: Vec<Tree<'_>> = operands.collect();
        if operands.len() != operators.len() {
            return Err(not("syntax of this form", here));
        }
        let rest = operators.iter().zip(operands).map(|(operator, operand)| {
            let op = match *operator {
                "==" => CompareOp::Eq,
                "!=" => CompareOp::Ne,
                "<" => CompareOp::Lt,
                "<=" => CompareOp::Le,
                ">" => CompareOp::Gt,
                ">=" => CompareOp::Ge,
                other => return Err(not(format!("`{other}`"), here)),
            };
            Ok((op, self.expression(operand, depth)?))
        });
        Ok(Node::Compare(self.inner(first, depth)?, rest.collect::<Read<Vec<_>>>()?))
    }

    fn call(&self, node: Tree<'_>, depth: usize) -> Read<Node> {
        let callee = field(node, "function")?;
        if callee.kind() != "identifier" {
            return Err(not(format!("a call of `{}`", self.shown(callee)), line(node)));
        }
        let arguments = field(node, "arguments")?;
        if arguments.kind() != "argument_list" {
            return Err(not("a generator", line(node)));
        }
        let args =
            named_children(arguments).into_iter().map(|argument| self.expression(argument, depth));
        Ok(Node::Call(self.shown(callee).to_owned(), args.collect::<Read<Vec<_>>>()?))
    }
}

fn binary_op(operator: &str) -> Option<BinaryOp> {
    Some(match operator {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "//" => BinaryOp::FloorDiv,
        "%" => BinaryOp::FloorRem,
        "**" => BinaryOp::Pow,
        "&" => BinaryOp::BitAnd,
        "|" => BinaryOp::BitOr,
        "^" => BinaryOp::BitXor,
        "<<" => BinaryOp::Shl,
        ">>" => BinaryOp::Shr,
        _ => return None,
    })
}
