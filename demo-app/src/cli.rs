//! The command line: what can be written, and what is said where it doesn't make sense.

use std::{fmt, path::PathBuf};

use clap::{
    Args, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::commands::{
    bench::BenchArgs, filter::FilterArgs, matte::MatteArgs, net::NetArgs, render::RenderArgs, run::RunArgs,
    track::TrackArgs,
};
use crate::values::Passes;

/// Real-time AR filters on your own machine.
///
/// Small nets find faces and people in a camera picture or a clip; WGSL filters are drawn over them. No pixel
/// leaves the machine. Without a command the demo window opens.
#[derive(Parser, Debug)]
#[command(
    name = "antifaz",
    version,
    allow_negative_numbers = true,
    after_help = "\
Examples:
  antifaz                                        the demo: first camera, or the bundled clip
  antifaz render --input clip.mp4 --filter studio-blur --filter glasses --out out.mp4
  antifaz filter list                            the filters and their parameters
  antifaz doctor                                 what this machine offers

Exit codes: 0; 2 for an unknown command or option or a missing argument; 130 after Ctrl-C or a signal to
terminate in long work; 1 for everything else that fails."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// The GPU whose name contains NAME; ANTIFAZ_ADAPTER does the same
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) adapter: Option<String>,
    /// The folder with models/, filters/ and assets/; ANTIFAZ_DATA does the same
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// How passes over the whole picture are done: auto computes them where the GPU does that much faster than it draws
    #[arg(long, global = true, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) passes: Passes,
    /// Say nothing but errors
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more; repeat it for more still
    #[arg(short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Open the window on a camera or a clip
    Run(RunArgs),
    /// Draw filters over a clip or picture, into a file
    Render(RenderArgs),
    /// Write the faces of a clip or picture as JSON lines
    Track(TrackArgs),
    /// Write the person masks of a clip or picture
    Matte(MatteArgs),
    /// Look into a model file, run it, time it
    Net(NetArgs),
    /// Measure what frames cost
    Bench(BenchArgs),
    /// See what filters there are
    Filter(FilterArgs),
    /// Show what this machine offers, what is missing and how to get it
    Doctor,
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(RunArgs::demo())
    }
}

/// One sentence about arguments that don't make sense.
#[derive(Debug)]
pub(crate) struct Usage {
    sentence: String,
    exit_code: u8,
}

impl Usage {
    /// 1 for a bad value, 2 for an unknown or missing argument.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<&clap::Error> for Usage {
    fn from(error: &clap::Error) -> Self {
        let context = |kind| error.get(kind).map(words).unwrap_or_default();
        let (argument, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
        let nearest = |kind| match context(kind) {
            name if name.is_empty() => "see --help for what there is".to_owned(),
            name => format!("did you mean {name}?"),
        };
        let (exit_code, sentence) = match error.kind() {
            ErrorKind::InvalidValue if value.is_empty() => (2, format!("{argument}: a value must follow it")),
            ErrorKind::InvalidValue => {
                let suggestion = match context(ContextKind::SuggestedValue) {
                    name if name.is_empty() => String::new(),
                    name => format!("did you mean {name}? "),
                };
                let known = context(ContextKind::ValidValue);
                (1, format!("{argument}: `{value}` is not known; {suggestion}It can be {known}"))
            }
            ErrorKind::ValueValidation => {
                let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                (1, format!("{argument}: `{value}` can't be used; {reason}"))
            }
            ErrorKind::UnknownArgument => {
                (2, format!("{argument}: unknown option; {}", nearest(ContextKind::SuggestedArg)))
            }
            ErrorKind::InvalidSubcommand => {
                let name = context(ContextKind::InvalidSubcommand);
                (2, format!("{name}: unknown command; {}", nearest(ContextKind::SuggestedSubcommand)))
            }
            ErrorKind::MissingRequiredArgument => {
                (2, format!("missing: {argument}; see --help for an example"))
            }
            ErrorKind::ArgumentConflict => {
                (2, format!("{argument}: can't be used together with {}", context(ContextKind::PriorArg)))
            }
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                (2, "missing: a command; see --help for what there is".to_owned())
            }
            _ => (2, first_line(&error.render().to_string())),
        };
        Self { sentence, exit_code }
    }
}

/// What clap noted, as words of a sentence.
fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(names) => names.join(", "),
        value => value.to_string(),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands().filter(|command| command.get_name() != "doctor") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("  antifaz {}", command.get_name())), "{}", command.get_name());
        }
    }

    fn usage(line: &str) -> (u8, String) {
        let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
        let usage = Usage::from(&error);
        (usage.exit_code(), usage.to_string())
    }

    #[test]
    fn bad_values_exit_with_1_and_name_what_could_be_written() {
        for (line, said) in [
            ("antifaz net run f --backend cpuu", "did you mean cpu? It can be scalar, cpu, candle, gpu"),
            ("antifaz bench --size 0x9", "--size <WxH>: `0x9` can't be used; both sides must be 1 to"),
            ("antifaz run --camera -1", "`-1` can't be used; write a camera's number"),
            ("antifaz track --input a --out b --faces x", "write a whole number from 1 to 8"),
            ("antifaz track --input a --out b --faces 9", "write a whole number from 1 to 8"),
            ("antifaz run --budget-ms nan", "a number greater than 0"),
        ] {
            let (code, sentence) = usage(line);
            assert!(code == 1 && sentence.contains(said) && !sentence.contains('\n'), "{code} {sentence}");
        }
    }

    #[test]
    fn unknown_and_missing_arguments_exit_with_2() {
        for (line, said) in [
            ("antifaz rendr", "rendr: unknown command; did you mean render?"),
            ("antifaz bench --sise 1x1", "--sise: unknown option; did you mean --size?"),
            ("antifaz bench --size", "a value must follow it"),
            ("antifaz render --filter film --out a.png", "missing: <--input <F>|--camera <N>|--synthetic>"),
            ("antifaz render --synthetic --filter film --out a.png", "--frames <K>"),
            ("antifaz render --input a --filter film", "missing: --out <F>"),
            ("antifaz run --input a --camera 0", "can't be used together with"),
            ("antifaz net", "missing: a command"),
            ("antifaz net info", "missing: <FILE>"),
        ] {
            let (code, sentence) = usage(line);
            assert!(code == 2 && sentence.contains(said) && !sentence.contains('\n'), "{code} {sentence}");
        }
    }
}
