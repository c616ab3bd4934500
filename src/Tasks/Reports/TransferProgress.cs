using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How far a comparison of arms is.</summary>
/// <param name="Arm">The arm that is training.</param>
/// <param name="Run">The run, from 1.</param>
/// <param name="Runs">How many there are.</param>
/// <param name="Examples">How many examples it learns from.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Fit">How far its training is.</param>
public sealed record TransferProgress(string Arm, int Run, int Runs, int Examples, ulong Seed, FitProgress Fit)
{
    /// <summary>The share of all runs that is done, from 0 to 1, were they all as long.</summary>
    public double Share => (Run - 1 + (double)Fit.Step / Math.Max(1, Fit.Steps)) / Runs;
}
