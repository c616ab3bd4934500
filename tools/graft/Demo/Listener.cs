using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>Reports at once, on the training thread; <see cref="Progress{T}"/> would report later, in any order.</summary>
internal sealed class Listener(Action<FitProgress> tell) : IProgress<FitProgress>
{
    public void Report(FitProgress value) => tell(value);
}
