namespace Graft.Tensors;

/// <summary>Attention of one query of each head, as a text is written with: keys and numbers of a head lie along the lanes, since there is one query alone to fill them.
/// Each sum has the terms and the order that it has in <see cref="AttentionKernel"/>, and so its bits.</summary>
internal readonly unsafe struct OneQueryKernel(AttentionProblem problem, HeadRows q, HeadRows k, HeadRows v, HeadRows y, float* logSumExp) : IRangeKernel
{
    private const int Block = AttentionProblem.KeyBlock;

    /// <summary>From one number of the keys to the next where they lie transposed: whole lanes of keys.</summary>
    private const int KeyStep = (Block + 15) / 16 * 16;

    /// <summary>Numbers of a block of scores as <see cref="AttentionProblem.Mask"/> has them.</summary>
    private const int Spread = AttentionProblem.QueryBlock * Block;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int depth = problem.Depth;
        nint rounded = ThreadWorkspace.RoundUp(depth);
        using var workspace = new ThreadWorkspace(2 * rounded + (depth + 1) * KeyStep + 2 * Spread);
        float* query = workspace.Pointer, output = query + rounded, scores = output + rounded, turned = scores + KeyStep, spread = turned + depth * KeyStep;
        for (nint head = begin; head < end; head++)
        {
            int batch = (int)(head / problem.Heads), inBatch = (int)(head - (nint)batch * problem.Heads), keyHead = inBatch / problem.Group;
            float* given = q.Row(batch, inBatch, 0);
            for (int d = 0; d < depth; d++) query[d] = problem.Settings.Scale * given[d];
            new Span<float>(output, depth).Clear();
            float maximum = AttentionLimits.LowestMaximum, sum = 0f;
            int keys = problem.KeysOf(batch, 1);
            for (int key = problem.FirstKeyOf(batch, 0); key < keys; key += Block)
            {
                int some = Math.Min(Block, keys - key);
                SmallTranspose.Run(k.Row(batch, keyHead, key), k.Step, some, depth, 1f, turned, KeyStep);
                Scores<S>(query, turned, some, scores);
                if (problem.HasMask) Mask(scores, some, batch, inBatch, key, spread);
                float correction = Exponentials<S>(scores, some, ref maximum, ref sum);
                Add<S>(v.Row(batch, keyHead, key), scores, some, correction, output);
            }
            if (logSumExp is not null) logSumExp[head] = sum == 0f ? float.PositiveInfinity : maximum + Lane1.Log(new Lane1(sum)).Value;
            float share = sum == 0f ? 0f : 1f / sum;
            float* to = y.Row(batch, inBatch, 0);
            for (int d = 0; d < depth; d++) to[d] = output[d] * share;
        }
    }

    /// <summary>scores[key] = query times key.</summary>
    private void Scores<S>(float* query, float* turned, int keys, float* scores) where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + 4 * S.Width <= keys; i += 4 * S.Width)
        {
            S a = S.Splat(0f), b = a, c = a, d = a;
            float* at = turned + i;
            for (int n = 0; n < problem.Depth; n++, at += KeyStep)
            {
                S number = S.LoadSplat(query + n);
                a = S.FusedMultiplyAdd(S.Load(at), number, a);
                b = S.FusedMultiplyAdd(S.Load(at + S.Width), number, b);
                c = S.FusedMultiplyAdd(S.Load(at + 2 * S.Width), number, c);
                d = S.FusedMultiplyAdd(S.Load(at + 3 * S.Width), number, d);
            }
            S.Store(a, scores + i);
            S.Store(b, scores + i + S.Width);
            S.Store(c, scores + i + 2 * S.Width);
            S.Store(d, scores + i + 3 * S.Width);
        }
        // keys beyond the last are computed of whatever is there, and not read
        for (; i < keys; i += S.Width)
        {
            S a = S.Splat(0f);
            for (int n = 0; n < problem.Depth; n++) a = S.FusedMultiplyAdd(S.Load(turned + n * KeyStep + i), S.LoadSplat(query + n), a);
            S.Store(a, scores + i);
        }
    }

    private void Mask(float* scores, int keys, int batch, int head, int firstKey, float* spread)
    {
        for (int key = 0; key < keys; key++) spread[key * AttentionProblem.QueryBlock] = scores[key];
        problem.Mask<Lane1>(spread, 1, batch, head, firstKey, keys, 0, spread + Spread);
        for (int key = 0; key < keys; key++) scores[key] = spread[key * AttentionProblem.QueryBlock];
    }

    /// <summary>scores = e^(scores - maximum); returns by what the sums so far are to be multiplied.</summary>
    private static float Exponentials<S>(float* scores, int keys, ref float maximum, ref float sum) where S : unmanaged, IVectorLane<S>
    {
        float largest = maximum;
        for (int key = 0; key < keys; key++) largest = scores[key] > largest ? scores[key] : largest;
        float correction = Lane1.Exp(new Lane1(maximum - largest)).Value, total = sum * correction;
        for (int i = 0; i < keys; i += S.Width) S.Store(S.Exp(S.Load(scores + i) - S.Splat(largest)), scores + i);
        for (int key = 0; key < keys; key++) total += scores[key];
        (maximum, sum) = (largest, total);
        return correction;
    }

    /// <summary>output = output * correction + scores times values.</summary>
    private void Add<S>(float* values, float* scores, int keys, float correction, float* output) where S : unmanaged, IVectorLane<S>
    {
        int d = 0;
        S factor = S.Splat(correction);
        for (; d + 4 * S.Width <= problem.Depth; d += 4 * S.Width)
        {
            float* at = output + d, from = values + d;
            S a = S.Load(at) * factor, b = S.Load(at + S.Width) * factor, c = S.Load(at + 2 * S.Width) * factor, e = S.Load(at + 3 * S.Width) * factor;
            for (int key = 0; key < keys; key++, from += v.Step)
            {
                S score = S.LoadSplat(scores + key);
                a = S.FusedMultiplyAdd(S.Load(from), score, a);
                b = S.FusedMultiplyAdd(S.Load(from + S.Width), score, b);
                c = S.FusedMultiplyAdd(S.Load(from + 2 * S.Width), score, c);
                e = S.FusedMultiplyAdd(S.Load(from + 3 * S.Width), score, e);
            }
            S.Store(a, at);
            S.Store(b, at + S.Width);
            S.Store(c, at + 2 * S.Width);
            S.Store(e, at + 3 * S.Width);
        }
        for (; d + S.Width <= problem.Depth; d += S.Width) One<S>(values + d, scores, keys, correction, output + d);
        for (; d < problem.Depth; d++) One<Lane1>(values + d, scores, keys, correction, output + d);
    }

    private void One<S>(float* values, float* scores, int keys, float correction, float* output) where S : unmanaged, IVectorLane<S>
    {
        S sum = S.Load(output) * S.Splat(correction);
        for (int key = 0; key < keys; key++) sum = S.FusedMultiplyAdd(S.Load(values + key * v.Step), S.LoadSplat(scores + key), sum);
        S.Store(sum, output);
    }
}
