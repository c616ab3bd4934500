using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>Steps of games that are learnt from again and again (Lin 1992), the newest of them; those that surprised are drawn more often where it is wished (prioritised
/// replay; Schaul et al. 2016).</summary>
/// <remarks>Used by one thread at a time.</remarks>
public sealed class ReplayMemory
{
    private const double Least = 1e-3;

    private readonly float[] seen, after;
    private readonly int[] actions;
    private readonly float[] rewards;
    private readonly bool[] isOver;
    private readonly PriorityTree priorities;
    private readonly double exponent;
    private readonly RandomStream random;
    private double highest = 1;
    private ulong drawn;
    private int next;

    /// <summary>Makes an empty one.</summary>
    /// <param name="capacity">How many steps it keeps.</param>
    /// <param name="width">How many numbers are seen at each.</param>
    /// <param name="exponent">How much priorities matter (alpha): 0 not at all, 1 in proportion.</param>
    /// <param name="seed">The seed of what is drawn.</param>
    public ReplayMemory(int capacity, int width, double exponent = 0, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Numbers.RequireShare(exponent, nameof(exponent));
        (Capacity, Width, this.exponent) = (capacity, width, exponent);
        long numbers = (long)capacity * width;
        if (numbers > Array.MaxLength) throw new ArgumentException($"{capacity} steps of {width} numbers are more than one block of memory holds: keep fewer", nameof(capacity));
        (seen, after) = (new float[numbers], new float[numbers]);
        (actions, rewards, isOver) = (new int[capacity], new float[capacity], new bool[capacity]);
        priorities = new PriorityTree(capacity);
        random = new RandomStream(seed, "replay");
    }

    /// <summary>How many steps it keeps.</summary>
    public int Capacity { get; }

    /// <summary>How many numbers are seen at each.</summary>
    public int Width { get; }

    /// <summary>How many it has.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a step, in place of the oldest where it is full. It is as likely to be drawn as the likeliest of the others.</summary>
    /// <param name="before">What was seen.</param>
    /// <param name="action">What was done.</param>
    /// <param name="reward">What it was worth.</param>
    /// <param name="then">What was seen after it.</param>
    /// <param name="over">Whether nothing comes after it.</param>
    /// <exception cref="ArgumentException">What was seen is not of as many numbers as it keeps.</exception>
    public void Add(ReadOnlySpan<float> before, int action, float reward, ReadOnlySpan<float> then, bool over)
    {
        if (before.Length != Width || then.Length != Width)
            throw new ArgumentException($"{before.Length} numbers were seen before and {then.Length} after, and {Width} are kept of each");
        before.CopyTo(seen.AsSpan(next * Width, Width));
        then.CopyTo(after.AsSpan(next * Width, Width));
        (actions[next], rewards[next], isOver[next]) = (action, reward, over);
        priorities[next] = highest;
        next = (next + 1) % Capacity;
        Count = Math.Min(Capacity, Count + 1);
    }

    /// <summary>Draws steps, one of each of as many equal parts of the priorities' sum.</summary>
    /// <param name="count">How many.</param>
    /// <param name="correction">How far the loss makes up for what is drawn more often (beta): 0 not at all, 1 wholly.</param>
    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public ReplayBatch Draw(int count, double correction = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (Count == 0) throw new InvalidOperationException("nothing was played yet that could be learnt from: add steps first");
        var batch = new ReplayBatch(count, Width);
        double part = priorities.Sum / count;
        for (int row = 0; row < count; row++)
        {
            int at = priorities.Find((row + random.Uniform(drawn++)) * part);
            batch.Indices[row] = at;
            seen.AsSpan(at * Width, Width).CopyTo(batch.Seen.AsSpan(row * Width));
            after.AsSpan(at * Width, Width).CopyTo(batch.After.AsSpan(row * Width));
            (batch.Actions[row], batch.Rewards[row], batch.IsOver[row]) = (actions[at], rewards[at], isOver[at]);
            batch.Weights[row] = (float)Math.Pow(Count * priorities[at] / priorities.Sum, -correction);
        }
        float most = batch.Weights.Max();
        for (int row = 0; row < count; row++) batch.Weights[row] /= most;
        return batch;
    }

    /// <summary>Says how much the steps of a batch surprised; without an exponent that changes nothing.</summary>
    /// <param name="batch">What was drawn.</param>
    /// <param name="errors">The errors of the values, of any sign.</param>
    public void Surprise(ReplayBatch batch, ReadOnlySpan<float> errors)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (errors.Length != batch.Actions.Length) throw new ArgumentException($"there are {errors.Length} errors of {batch.Actions.Length} steps: give one of each");
        if (exponent == 0) return;
        for (int row = 0; row < errors.Length; row++)
        {
            double priority = Math.Pow(Math.Abs(errors[row]) + Least, exponent);
            highest = Math.Max(highest, priority);
            priorities[batch.Indices[row]] = priority;
        }
    }
}

/// <summary>Steps that were drawn from a <see cref="ReplayMemory"/>.</summary>
public sealed class ReplayBatch
{
    internal ReplayBatch(int count, int width)
    {
        (Seen, After) = (new float[count * width], new float[count * width]);
        (Indices, Actions, Rewards, IsOver, Weights) = (new int[count], new int[count], new float[count], new bool[count], new float[count]);
    }

    /// <summary>What was seen, [count, width].</summary>
    public float[] Seen { get; }

    /// <summary>What was done.</summary>
    public int[] Actions { get; }

    /// <summary>What it was worth.</summary>
    public float[] Rewards { get; }

    /// <summary>What was seen after it, [count, width].</summary>
    public float[] After { get; }

    /// <summary>Whether nothing comes after it.</summary>
    public bool[] IsOver { get; }

    /// <summary>What each counts in the loss, 1 at most.</summary>
    public float[] Weights { get; }

    internal int[] Indices { get; }
}
