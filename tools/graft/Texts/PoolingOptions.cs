using System.CommandLine;

namespace Graft.CommandLine;

/// <summary><c>--pooling</c>: how a text's tokens become a vector, where the folder does not say it or another way is meant.</summary>
internal sealed class PoolingOptions
{
    private readonly Option<string> pooling = Options.Choice(
        "--pooling", "How a text's tokens become a vector of length 1; what the folder says (modules.json) where it is not given, or mean.", ["mean", "cls", "max", "last"], preset: null);

    public PoolingOptions(Command command) => command.Add(pooling);

    /// <summary>What was asked for; null for what the folder says.</summary>
    public SentencePooling? Read(ParseResult parsed) => (parsed.GetResult(pooling) is null ? null : parsed.GetValue(pooling)) switch
    {
        "mean" => Of(PoolingMode.Mean),
        "cls" => Of(PoolingMode.FirstToken),
        "max" => Of(PoolingMode.Maximum),
        "last" => Of(PoolingMode.LastToken),
        _ => null,
    };

    private static SentencePooling Of(PoolingMode mode) => SentencePooling.Plain with { Modes = [mode], Normalise = true };
}
