using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>Tells of each epoch, and tests after it.</summary>
internal sealed class Progress(int epochs, Action test) : IProgress<FitProgress>
{
    public void Report(FitProgress value)
    {
        if (value.Finished is not { } epoch) return;
        Console.Write($"part {epoch.Epoch} of {epochs}: loss {epoch.Loss:0.000}; ");
        test();
    }
}
