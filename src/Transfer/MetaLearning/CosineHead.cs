using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A head that answers with the cosine between features and a vector for each class (baseline++; Chen et al. 2019): what is learnt of many classes keeps those of a class
/// together, and from a few examples of new ones it is fitted again, on a trunk that stays.</summary>
/// <remarks>Used by one thread at a time.</remarks>
/// <example><code>
/// var head = CosineHead.Fit(featuresOfFewPictures, theirLabels, Device.Cpu);
/// int[] answers = head.Answers(featuresOfOthers, Device.Cpu);
/// </code></example>
public sealed class CosineHead : Module
{
    private readonly Parameter vectors;

    /// <summary>Makes a head with vectors of chance.</summary>
    /// <param name="features">How many features there are.</param>
    /// <param name="classes">How many classes.</param>
    /// <param name="scale">What cosines are multiplied by before the softmax; in the authors' code 2 for up to 200 classes, 10 for more. Null for that.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not above 0 and finite, or there are no features or classes.</exception>
    public CosineHead(int features, int classes, double? scale = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scale is { } given && !(given > 0 && double.IsFinite(given))) throw new ArgumentOutOfRangeException(nameof(scale), scale, "what cosines are multiplied by is above 0 and finite");
        Scale = scale ?? (classes <= FewClasses ? SmallScale : LargeScale);
        vectors = AddParameter("weight", [classes, features], Initialiser.Normal(1f / MathF.Sqrt(features)));
    }

    private const int FewClasses = 200;
    private const double SmallScale = 2, LargeScale = 10;

    /// <summary>What cosines are multiplied by.</summary>
    public double Scale { get; }

    /// <summary>How many classes it tells apart.</summary>
    public int Classes => vectors.Shape[0];

    /// <summary>Fits a head to a few examples: gradient descent with momentum on their cross-entropy, the trunk left as it is.</summary>
    /// <param name="features">A row for each example.</param>
    /// <param name="labels">Its class, from 0.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="options">How; null for the paper's.</param>
    /// <exception cref="ArgumentException">There is no example, not a label for each, or a row of another length.</exception>
    public static CosineHead Fit(IReadOnlyList<float[]> features, IReadOnlyList<int> labels, Device device, CosineHeadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(device);
        options ??= new CosineHeadOptions();
        options.Validate();
        Require(features);
        if (labels.Count != features.Count) throw new ArgumentException($"{labels.Count} labels do not fit {features.Count} examples: give one for each", nameof(labels));
        if (labels.Any(static label => label < 0)) throw new ArgumentException("a label is a class, from 0", nameof(labels));
        var head = new CosineHead(features[0].Length, labels.Max() + 1, options.Scale) { Seed = options.Seed };
        var groups = new ParameterGroups(new ParameterGroup("head", head));
        groups.Rates([options.LearningRate]);
        using var optimiser = Optimiser.Sgd(groups, options.Momentum, options.WeightDecay);
        new Trainer(optimiser, device) { Seed = options.Seed }.Fit(new Examples(head, features, labels, options), 1);
        return head;
    }

    /// <summary>Cosines times the scale.</summary>
    /// <param name="rows">[n, features].</param>
    /// <returns>[n, classes].</returns>
    /// <exception cref="ShapeException">The rows have other features.</exception>
    public Variable Forward(Variable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Normalise().MatMul(rows.Pass.Of(vectors).Normalise().Transpose(0, 1)) * (float)Scale;
    }

    /// <summary>The class of each row of features: the one whose vector is nearest by its angle.</summary>
    /// <param name="features">A row for each example.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="ArgumentException">A row has another length.</exception>
    public int[] Answers(IReadOnlyList<float[]> features, Device device)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(device);
        if (features.Count == 0) return [];
        Require(features);
        using var pass = Pass.Infer(device);
        float[] scores = Forward(On(pass, features)).Value.ToArray();
        return [.. scores.Chunk(Classes).Select(static row => Array.IndexOf(row, row.Max()))];
    }

    private static void Require(IReadOnlyList<float[]> features)
    {
        if (features.Count == 0) throw new ArgumentException("there is no example", nameof(features));
        if (features.Any(row => row.Length != features[0].Length)) throw new ArgumentException("the rows of features have several lengths", nameof(features));
    }

    private static Variable On(Pass pass, IReadOnlyList<float[]> rows) => pass.Constant(pass.Upload<float>([rows.Count, rows[0].Length], [.. rows.SelectMany(static row => row)]));

    /// <summary>A few examples again and again, in an order of chance.</summary>
    private sealed class Examples(CosineHead head, IReadOnlyList<float[]> features, IReadOnlyList<int> labels, CosineHeadOptions options) : ITrainingSet
    {
        public int BatchesPerEpoch => options.Steps;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            var stream = new RandomStream(options.Seed, "cosine head");
            for (int step = 0, round = 0; step < options.Steps; round++)
            {
                foreach (int[] rows in stream.Permutation(labels.Count, (ulong)round).Chunk(options.BatchSize).Take(options.Steps - step))
                {
                    step++;
                    yield return new Batch(this, rows);
                }
            }
        }

        private sealed class Batch(Examples set, int[] rows) : ITrainingBatch
        {
            public int Count => rows.Length;

            public Variable Loss(Pass pass) => set.Head.Forward(On(pass, [.. rows.Select(row => set.Features[row])])).CrossEntropy([.. rows.Select(row => set.Labels[row])]);
        }

        private CosineHead Head => head;

        private IReadOnlyList<float[]> Features => features;

        private IReadOnlyList<int> Labels => labels;
    }
}

/// <summary>How a <see cref="CosineHead"/> is fitted to a few examples; the defaults are those of Chen et al. 2019.</summary>
public sealed record CosineHeadOptions
{
    /// <summary>How many steps.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Examples a step, at most.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>The learning rate.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>The momentum.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The weight decay.</summary>
    public double WeightDecay { get; init; } = 0.001;

    /// <summary>What cosines are multiplied by; null for the head's own choice.</summary>
    public double? Scale { get; init; }

    /// <summary>The seed of first vectors and orders.</summary>
    public ulong Seed { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) throw new ArgumentOutOfRangeException(nameof(LearningRate), LearningRate, "a learning rate is above 0");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new ArgumentOutOfRangeException(nameof(WeightDecay), WeightDecay, "a weight decay is a number from 0 up");
    }
}
