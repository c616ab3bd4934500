namespace Graft.Transfer;

/// <summary>How long the steps of a training take, and so the rest of it.</summary>
internal sealed class Pace
{
    /// <summary>Steps in which code is compiled and memory is touched first; they say nothing of the others.</summary>
    private const int WarmUp = 3;

    /// <summary>Steps that are looked back on.</summary>
    private const int Window = 50;

    /// <summary>A step of the whole costs about three of the head alone: forward, and backward twice that.</summary>
    private const double WholeToHead = 3;

    private readonly Queue<double> steps = new();
    private int seen;
    private double? validation;

    /// <summary>Adds a step.</summary>
    public void Step(double seconds)
    {
        if (seen++ < WarmUp) return;
        steps.Enqueue(seconds);
        if (steps.Count > Window) steps.Dequeue();
    }

    /// <summary>Adds a validation.</summary>
    public void Validation(double seconds) => validation = seconds;

    /// <summary>Forgets the steps: those that come cost another time.</summary>
    public void BeginPhase()
    {
        seen = 0;
        steps.Clear();
    }

    /// <summary>How long so many steps and validations take, or null where nothing is known of steps.</summary>
    /// <param name="same">Steps like the last ones.</param>
    /// <param name="whole">Steps of the whole that follow on steps of the head alone.</param>
    /// <param name="validations">Validations.</param>
    public TimeSpan? Of(int same, int whole, int validations)
    {
        if (steps.Count == 0) return null;
        double[] sorted = [.. steps.Order()];
        double median = sorted[sorted.Length / 2];
        return TimeSpan.FromSeconds(Math.Min(median * (same + whole * WholeToHead) + (validation ?? 0) * validations, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
