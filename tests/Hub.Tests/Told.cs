namespace Graft.Hub.Tests;

/// <summary>Keeps what a download tells, in order and at once.</summary>
internal sealed class Told(List<FetchProgress> reports) : IProgress<FetchProgress>
{
    public void Report(FetchProgress value)
    {
        lock (reports) reports.Add(value);
    }
}
