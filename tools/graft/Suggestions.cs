using System.CommandLine;

namespace Graft.CommandLine;

/// <summary>Suggestions for a command or an option that does not exist.</summary>
internal static class Suggestions
{
    /// <summary>Other tools' words, which no letters lead to.</summary>
    private static readonly (string Meant, string[] Words)[] OtherWords =
    [
        ("fine-tune", ["train", "fit"]), ("evaluate", ["test", "validate", "score"]), ("predict", ["classify", "infer", "label"]),
        ("features", ["embed", "extract"]), ("models", ["list"]), ("--help", ["help"]),
        ("--model", ["--arch", "--architecture", "--resume"]), ("--weights", ["--checkpoint", "--pretrained"]), ("--data", ["--train", "--input"]),
        ("--out", ["--save", "--output-dir"]), ("--threads", ["--workers", "--jobs"]), ("--device", ["--cuda", "--gpu"]),
        ("--rate-decay", ["--gamma"]), ("--validation", ["--eval"]), ("--top", ["--k"]),
        ("--augment", ["--no-flip", "--flip", "--crop", "--mirror"]),
    ];

    /// <summary>What is wrong with a token that the command does not know.</summary>
    public static string Problem(ParseResult parsed, string token)
    {
        var command = parsed.CommandResult.Command;
        bool isOption = token.StartsWith('-');
        string name = token.Split('=')[0];
        string[] known = isOption
            ? [.. command.Options.Where(static option => !option.Hidden).Select(static option => option.Name)]
            : [.. command.Subcommands.Select(static child => child.Name)];
        string? near = OtherWords.FirstOrDefault(other => other.Words.Contains(name, StringComparer.OrdinalIgnoreCase)).Meant;
        if (near is null || !(known.Contains(near) || near == "--help")) near = NearName.Find(name, known);
        string what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "command or option";
        return $"there is no {what} '{Printable.Whole(token)}'{(near is null ? "" : $"; did you mean {near}?")}";
    }
}
