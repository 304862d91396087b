//! Prompts: three tasks in which the tools help, worded so that they are used.

use rmcp::model::{JsonObject, Prompt, PromptArgument, PromptMessage, Role};

/// One argument of a prompt: its name, what it is, and whether it must be there.
type Argument = (&'static str, &'static str, bool);

struct Definition {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    /// The text, with `{name}` where an argument stands.
    text: &'static str,
}

const PROMPTS: [Definition; 3] = [
    Definition {
        name: "explain",
        title: "Explain a part of this codebase",
        description: "Answer a question about this codebase, with citations.",
        arguments: &[
            ("question", "What you want to know.", true),
            ("path", "A file or folder that it is about.", false),
        ],
        text: "Question about this codebase: {question}\n{path}\n\
            Call the tool `context` of the server contextlite with this question. Read further \
            places that it cites with `read`, and look names up with `symbol`, as far as needed. \
            Then answer, and cite path:lines for each claim. Say so if the passages do not answer \
            the question.",
    },
    Definition {
        name: "change",
        title: "Find the places of a change",
        description: "Find every place that a change must touch, before any edit.",
        arguments: &[("task", "What is to be changed.", true)],
        text: "Task: {task}\n\n\
            Before you edit, call the tool `context` of the server contextlite with this task. For \
            every function, type or constant that you would change, call `symbol` to see what uses \
            it. List the places to edit as path:lines, each with the reason, and the tests that \
            cover them. Then make the change.",
    },
    Definition {
        name: "uses",
        title: "What uses a name",
        description: "Say where a name is defined, what uses it, and what a change would break.",
        arguments: &[("name", "The name of a function, method, type or constant.", true)],
        text: "Name: {name}\n\n\
            Call the tool `symbol` of the server contextlite with this name. Read the callers with \
            `read` where their lines do not say enough. Then say where it is defined, who uses it \
            and how, and what would break if its behaviour changed; cite path:lines.",
    },
];

/// All prompts, as they are listed.
pub fn list() -> Vec<Prompt> {
    let argument = |&(name, about, is_required): &Argument| {
        PromptArgument::new(name).with_description(about).with_required(is_required)
    };
    let prompt = |definition: &Definition| {
        let arguments = definition.arguments.iter().map(argument).collect();
        Prompt::new(definition.name, Some(definition.description), Some(arguments))
            .with_title(definition.title)
    };
    PROMPTS.iter().map(prompt).collect()
}

/// A prompt with its arguments in place: what it is for, and its text.
///
/// # Errors
/// A sentence that names the prompt or the argument that is wrong.
pub fn get(
    name: &str,
    arguments: Option<&JsonObject>,
) -> Result<(&'static str, Vec<PromptMessage>), String> {
    let definition = PROMPTS.iter().find(|definition| definition.name == name);
    let definition = definition.ok_or_else(|| format!("prompt not found: {name}"))?;
    let mut text = definition.text.to_owned();
    let given = |name: &str| arguments.and_then(|arguments| arguments.get(name)?.as_str());
    for &(name, _, is_required) in definition.arguments {
        let value = given(name).map(str::trim).filter(|value| !value.is_empty());
        let value = match (value, is_required, name) {
            (Some(value), _, "path") => format!("It is about {value}.\n"),
            (Some(value), _, _) => value.to_owned(),
            (None, false, _) => String::new(),
            (None, true, _) => return Err(format!("{name}: it is missing")),
        };
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    Ok((definition.description, vec![PromptMessage::new_text(Role::User, text)]))
}

/// Whether an argument of a prompt is the path of a document.
pub fn is_path(prompt: &str, argument: &str) -> bool {
    (prompt, argument) == ("explain", "path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_has_its_arguments_in_place() {
        for definition in &PROMPTS {
            let arguments = definition.arguments.iter();
            let object: JsonObject =
                arguments.map(|(name, ..)| ((*name).to_owned(), "VALUE".into())).collect();
            let (_, messages) = get(definition.name, Some(&object)).unwrap();
            let text = serde_json::to_string(&messages).unwrap();
            assert!(text.contains("VALUE") && !text.contains("{question}"), "{text}");
            assert!(!text.contains('{') || !text.contains("{path}"), "{text}");
        }
        assert_eq!(get("explain", None).unwrap_err(), "question: it is missing");
        assert_eq!(get("none", None).unwrap_err(), "prompt not found: none");
    }
}
