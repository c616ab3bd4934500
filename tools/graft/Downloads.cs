using Graft.Hub;

namespace Graft.CommandLine;

/// <summary>Shows downloads.</summary>
internal sealed class Downloads(ProgressDisplay display) : IProgress<FetchProgress>
{
    public void Report(FetchProgress value) => display.At(
        value.Done, value.Total ?? Math.Max(value.Done, 1),
        FormattableString.Invariant($"fetching {Printable.Text(value.File)}, {value.Done / 1e6:0.0} MB{(value.Total is { } total ? $" of {total / 1e6:0.0}" : "")}"), null);
}
