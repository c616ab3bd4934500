namespace Graft.Samples.Games;

/// <summary>What came of a run.</summary>
/// <param name="Arm">How it learnt.</param>
/// <param name="Seed">Of everything that is drawn.</param>
/// <param name="Tested">The mean return of 100 episodes afterwards, by the best action.</param>
/// <param name="FramesTo">After how many steps of all games the last 100 episodes were good enough; null for never.</param>
/// <param name="Frames">How many there were.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Curve">The mean return of the episodes of each twentieth of the steps; NaN where none ended.</param>
internal sealed record Result(string Arm, ulong Seed, double Tested, long? FramesTo, long Frames, double Seconds, double?[] Curve);
