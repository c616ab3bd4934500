using System.CommandLine;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary><c>--dtype</c>: in which numbers a model that writes keeps its weights.</summary>
internal sealed class PrecisionOption
{
    private static readonly Dictionary<string, WeightPrecision> Precisions = new(StringComparer.Ordinal)
    {
        ["float32"] = WeightPrecision.Float32,
        ["bfloat16"] = WeightPrecision.BFloat16,
        ["int8"] = WeightPrecision.Int8,
    };

    private readonly Option<string> precision = Options.Choice(
        "--dtype", "In which numbers the weights are kept: bfloat16 takes half of the memory and the time of a token, int8 about a quarter, with texts that may differ.",
        [.. Precisions.Keys], "float32");

    public PrecisionOption(Command command) => command.Add(precision);

    public WeightPrecision Read(ParseResult parsed) => Precisions[parsed.GetRequiredValue(precision)];
}
