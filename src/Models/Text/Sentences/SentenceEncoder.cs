using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An encoder whose tokens are pooled to one vector a text (sentence-transformers' <c>SentenceTransformer</c>):
/// <c>sentence_embedding</c> [B, E].</summary>
/// <remarks>Letters: B texts of T tokens, D = hidden size, E = dimensions. Padding has no part in an embedding, on whichever side it
/// is.</remarks>
public sealed class SentenceEncoder : TextModel
{
    /// <summary>The name of the output.</summary>
    public const string OutputName = "sentence_embedding";

    private const float Lowest = -1e9f;

    private readonly TextModel encoder;
    private readonly Linear[] dense;

    /// <summary>Puts a pooling on an encoder, which is a part of this model from here on.</summary>
    /// <param name="encoder">A model that gives <c>last_hidden_state</c>.</param>
    /// <param name="pooling">How its tokens become a vector.</param>
    /// <exception cref="ArgumentException">The model has a head, a linear map does not fit what comes before it, or no way of pooling is named.</exception>
    public SentenceEncoder(TextModel encoder, SentencePooling pooling) : base((encoder ?? throw new ArgumentNullException(nameof(encoder))).Name)
    {
        ArgumentNullException.ThrowIfNull(pooling);
        if (encoder.Head != TextHead.None) throw new ArgumentException($"{encoder.Name} has a head of its own: open the folder with TextHead.{nameof(TextHead.None)}", nameof(encoder));
        if (pooling.Modes.Count == 0) throw new ArgumentException("no way of pooling is named", nameof(pooling));
        (this.encoder, Pooling, Seed) = (encoder, pooling, encoder.Seed);
        Add("", encoder);
        var stages = encoder.Stages;
        foreach (var stage in stages.SkipLast(1)) AddStage(stage.Name, stage.Modules);
        Dimensions = encoder.Sizes.HiddenSize * pooling.Modes.Count;
        dense = new Linear[pooling.Dense.Count];
        for (int i = 0; i < dense.Length; i++)
        {
            var map = pooling.Dense[i];
            if (map.Inputs != Dimensions)
                throw new ArgumentException($"the linear map of '{map.Folder}' takes {map.Inputs} numbers, and what comes before it gives {Dimensions}", nameof(pooling));
            dense[i] = Add($"{map.Folder}.linear", new Linear(map.Inputs, map.Outputs, map.HasBias));
            Dimensions = map.Outputs;
        }
        AddStage(stages[^1].Name, [.. stages[^1].Modules, .. dense]);
    }

    /// <summary>How tokens become a vector.</summary>
    public SentencePooling Pooling { get; }

    /// <summary>E: how many numbers an embedding has.</summary>
    public int Dimensions { get; }

    /// <inheritdoc/>
    public override TextHead Head => TextHead.None;

    /// <inheritdoc/>
    public override string ModelType => encoder.ModelType;

    /// <inheritdoc/>
    public override TextModelSizes Sizes => encoder.Sizes with { MaximumLength = Math.Min(encoder.Sizes.MaximumLength, Pooling.MaximumLength ?? int.MaxValue) };

    /// <inheritdoc/>
    public override int FirstPosition => encoder.FirstPosition;

    internal override int PoolingRows => Pooling.Modes.Count;

    internal override string? TrunkKey => encoder.TrunkKey;

    /// <summary>Opens a folder of sentence-transformers, or of a plain encoder, which is pooled as <see cref="SentencePooling.Plain"/>.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, a checkpoint and, perhaps, <c>modules.json</c>.</param>
    /// <param name="pooling">How tokens become a vector; null for what the folder says.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (SentenceEncoder Model, LoadReport Report) Open(string folder, SentencePooling? pooling = null, LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        pooling ??= SentencePooling.Read(folder);
        options = (options ?? new LoadOptions()) with { ReplaceHead = true };
        using var checkpoint = Checkpoint.Open(Path.Combine(folder, pooling.EncoderFolder));
        var encoder = PretrainedModel.For(checkpoint, Path.Combine(folder, pooling.EncoderFolder), TextHead.None, labels: null, seed: 0, options);
        SentenceEncoder model;
        try
        {
            model = new SentenceEncoder(encoder, pooling);
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(folder, exception.Message, exception);
        }
        var report = model.Load(checkpoint, options);
        if (report.Replaced.Count == 0) return (model, report);
        // sentence-transformers keeps the weights of linear maps in folders of their own
        foreach (var (map, linear) in pooling.Dense.Zip(model.dense)) Fill(linear, Path.Combine(folder, map.Folder));
        model.IsHeadNew = false;
        return (model, report with { Loaded = report.Loaded + report.Replaced.Count, Replaced = [] });
    }

    /// <summary>The embeddings of a batch [B, E].</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B texts of T tokens.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public Variable Embed(Pass pass, TextBatch batch) => Forward(pass, batch)[OutputName];

    /// <inheritdoc/>
    public override void Require(TextBatch batch) => encoder.Require(batch);

    /// <inheritdoc/>
    public override TextModel Remake(int labels, ulong seed) => new SentenceEncoder(encoder.Remake(labels, seed), Pooling);

    /// <summary>An embedder learns from pairs: <see cref="SentenceLosses"/>.</summary>
    /// <exception cref="ArgumentException">Always.</exception>
    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        throw new ArgumentException($"{Name} gives embeddings, whose losses are of pairs: use {nameof(SentenceLosses)}");

    /// <inheritdoc/>
    public override void WriteArchitecture(string folder)
    {
        Pooling.Write(folder, encoder.Sizes.HiddenSize);
        foreach (var (map, linear) in Pooling.Dense.Zip(dense))
            SafetensorsWriter.Write(
                Path.Combine(folder, map.Folder, "model.safetensors"),
                linear.Parameters().Select(parameter => TensorEntry.From(parameter.Name[(map.Folder.Length + 1)..], parameter.Value)));
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => encoder.OtherMembers();

    internal override void WritePoolingWeights(TextBatch batch, Span<float> weights)
    {
        int length = batch.Length;
        for (int row = 0; row < batch.Sequences; row++)
        {
            var mask = batch.AttentionMask is { } all ? all.AsSpan(row * length, length) : [];
            for (int mode = 0; mode < PoolingRows; mode++) WriteWeights(Pooling.Modes[mode], mask, weights.Slice((row * PoolingRows + mode) * length, length));
        }
    }

    /// <inheritdoc/>
    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        var states = encoder.Forward(inputs, trace)["last_hidden_state"];
        var pooled = Pool(inputs, states);
        for (int i = 0; i < dense.Length; i++) pooled = dense[i].Forward(pooled, Pooling.Dense[i].Activation);
        return new((OutputName, Pooling.Normalise ? pooled.Normalise() : pooled));
    }

    /// <summary>Reads the weights that sentence-transformers keeps in a folder of their own.</summary>
    private static void Fill(Linear linear, string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var values = linear.Parameters().Select(parameter => (parameter, Read(checkpoint, parameter))).ToList();
        linear.ChangeWeights(() =>
        {
            foreach (var (parameter, numbers) in values) parameter.Value.CopyFrom(numbers);
        });
    }

    private static float[] Read(Checkpoint checkpoint, Parameter parameter)
    {
        string key = $"linear.{(parameter.Shape.Rank == 2 ? "weight" : "bias")}";
        if (!checkpoint.TryGet(key, out var stored)) throw new CheckpointException(checkpoint.Path, $"has no '{key}'");
        return stored.Shape == parameter.Shape ? stored.ToSingleArray() : throw new CheckpointException(checkpoint.Path, $"'{key}' is {stored.ShapeText}, not {parameter.Shape}");
    }

    /// <summary>How much each of a text's tokens counts; for the maximum, what is added to each.</summary>
    private static void WriteWeights(PoolingMode mode, ReadOnlySpan<int> mask, Span<float> weights)
    {
        int count = 0, last = 0, first = -1;
        float sum = 0f;
        for (int place = 0; place < weights.Length; place++)
        {
            bool isToken = mask.IsEmpty || mask[place] == 1;
            weights[place] = mode switch
            {
                PoolingMode.Maximum => isToken ? 0f : Lowest,
                PoolingMode.WeightedMean => isToken ? count + 1 : 0f,
                PoolingMode.Mean or PoolingMode.MeanOfRootLength => isToken ? 1f : 0f,
                _ => 0f,
            };
            if (!isToken) continue;
            if (first < 0) first = place;
            last = place;
            sum += ++count;
        }
        if (mode == PoolingMode.FirstToken) weights[Math.Max(first, 0)] = 1f;
        else if (mode == PoolingMode.LastToken) weights[last] = 1f;
        float divisor = mode switch { PoolingMode.Mean => count, PoolingMode.MeanOfRootLength => MathF.Sqrt(count), PoolingMode.WeightedMean => sum, _ => 1f };
        if (divisor > 1f)
            foreach (ref float weight in weights) weight /= divisor;
    }

    private Variable Pool(TextInputs inputs, Variable states)
    {
        var weights = inputs.Pass.Constant(inputs.PoolingWeights ?? Unmasked(inputs));
        var pooled = new Variable[Pooling.Modes.Count];
        for (int i = 0; i < pooled.Length; i++)
        {
            var own = pooled.Length == 1 ? weights : weights.Slice(1, i, 1);
            pooled[i] = Pooling.Modes[i] == PoolingMode.Maximum
                ? (states + own.Reshape([inputs.Sequences, inputs.Length, 1])).Max(1)
                : own.MatMul(states).Reshape([inputs.Sequences, states.Shape[2]]);
        }
        return pooled.Length == 1 ? pooled[0] : Variable.Concat(pooled, axis: 1);
    }

    /// <summary>The weights where every place has a token.</summary>
    private Tensor<float> Unmasked(TextInputs inputs)
    {
        if (inputs.Mask.Lengths is not null || inputs.Mask.Bias is not null)
            throw new ArgumentException($"{Name} pools tokens, and the inputs have a mask and no {nameof(TextInputs.PoolingWeights)}: give it a {nameof(TextBatch)}");
        var weights = new float[inputs.Sequences * PoolingRows * inputs.Length];
        for (int row = 0; row < inputs.Sequences * PoolingRows; row++)
            WriteWeights(Pooling.Modes[row % PoolingRows], [], weights.AsSpan(row * inputs.Length, inputs.Length));
        return inputs.Pass.Upload<float>([inputs.Sequences, PoolingRows, inputs.Length], weights);
    }
}
