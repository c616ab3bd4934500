using System.Globalization;
using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Features [B, T, F] to <c>logits</c> [B, L].</summary>
internal sealed class KeywordTransformerModel : SpeechModel
{
    private const float NormEpsilon = 1e-6f, Deviation = 0.02f;

    private static readonly EncoderDecoderFamily Layers = new(KeywordTransformer.ModelType, "", "", static config => throw config.Fail("has no decoder"))
    {
        HasKeyBias = false,
        HasQueryAndValueBias = false,
        EncoderKeys = new TransformerKeys
        {
            Self = new AttentionKeys("attention") { Maps = ("query", "key", "value"), Joined = "output", Norm = "attention_norm" },
            Up = "up",
            Down = "down",
            PerceptronNorm = "perceptron_norm",
        },
    };

    private static readonly string[] Tables =
    [
        "speech_features/dct/MatMul", "speech_features/lambda_5/Maximum/y", "speech_features/magnitude_rdf_tmel/MatMul", "speech_features/magnitude_rdf_tmel/MatMul_1",
        "speech_features/magnitude_rdf_tmel/MatMul_2", "speech_features/magnitude_rdf_tmel/MatMul_21", "speech_features/normalizer/sub/y",
        "speech_features/normalizer/truediv;speech_features/normalizer/truediv/y", "speech_features/windowing/mul/y", "speech_features/data_frame/frame/add_1",
        "speech_features/data_frame/frame/concat", "speech_features/data_frame/frame/concat_1", "speech_features/data_frame/frame/concat_2",
        "speech_features/data_frame/frame/ones_like", "speech_features/data_frame/frame/zeros_like",
    ];

    private readonly KeywordTransformerConfig config;
    private readonly KeywordTokens tokens;
    private readonly TransformerLayer[] blocks;
    private readonly Linear head;

    public KeywordTransformerModel(KeywordTransformerConfig config) : base(KeywordTransformer.Architecture)
    {
        this.config = config;
        tokens = Add("", new KeywordTokens(config));
        var sizes = new EncoderDecoderConfig
        {
            Family = Layers,
            VocabularySize = 0,
            Width = config.Width,
            Encoder = new StackSizes(config.Blocks, config.Heads, config.IntermediateWidth),
            Decoder = default,
            Activation = Activation.Find("gelu_new")!,
            Dropout = 0,
            NormEpsilon = NormEpsilon,
            DecoderStartToken = 0,
            Deviations = InitialDeviations.Of(Deviation),
        };
        blocks = [.. Enumerable.Range(0, config.Blocks).Select(number =>
            Add(string.Create(CultureInfo.InvariantCulture, $"blocks.{number}"), new TransformerLayer(sizes, isDecoder: false)))];
        head = Add("head", new Linear(config.Width, config.Labels, true, Initialiser.Normal(Deviation), Initialiser.Zeros));
        AddStage("embeddings", tokens);
        for (int number = 0; number < blocks.Length; number++) AddStage(string.Create(CultureInfo.InvariantCulture, $"block{number}"), blocks[number]);
        AddStage("head", head);
        foreach (var tensor in Tensors()) AddAlias(KeywordTransformer.PublishedKey(tensor.Name, config.Blocks), tensor, "its published name");
        foreach (string table in Tables) IgnoreKey(table, "a table of the front end, which is computed");
        IgnoreGraph();
    }

    public override SpeechHead Head => SpeechHead.SequenceClassification;

    public override string ModelType => KeywordTransformer.ModelType;

    public override int InputWidth => config.Features;

    public override int HiddenSize => config.Width;

    public override int? FixedLength => config.Frames;

    public override IReadOnlyList<string> Labels => config.LabelNames ?? [];

    public override int FramesOf(int length) => length == config.Frames ? length
        : throw new ArgumentException($"{Name} knows sounds of {config.Frames} frames, not of {length}: cut them, or fill them up with silence");

    public override SpeechModel Remake(int labels, ulong seed) => new KeywordTransformerModel(config with { Labels = labels, LabelNames = null }) { Seed = seed };

    public override Variable Loss(TextOutputs outputs, SpeechBatch batch, SpeechTargets targets)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(targets);
        return SequenceLoss.CrossEntropy(outputs["logits"], SequenceLoss.Needed(Name, targets.Labels, "class numbers"));
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => new Dictionary<string, JsonElement>
    {
        ["hidden_size"] = JsonFile.Number(config.Width),
        ["num_hidden_layers"] = JsonFile.Number(config.Blocks),
        ["num_attention_heads"] = JsonFile.Number(config.Heads),
        ["intermediate_size"] = JsonFile.Number(config.IntermediateWidth),
        ["num_frames"] = JsonFile.Number(config.Frames),
        ["num_features"] = JsonFile.Number(config.Features),
    };

    protected override TextOutputs Compute(Pass pass, SpeechBatch batch, ForwardTrace? trace)
    {
        var x = tokens.Forward(pass.Constant(pass.Upload<float>([batch.Sounds, batch.Length, batch.Width], batch.Values)));
        var shape = x.Shape;
        trace?.States.Add(x);
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        var given = new TransformerInputs(new AttentionInputs(shape[0], AttentionMask.None), default);
        x = LayerScope.Stages(blocks, x, given, static (rows, with) => with.Step.Forward(rows, with.Inputs)).Reshape(shape);
        trace?.States.Add(x);
        return new(("logits", head.Forward(x.Slice(1, 0, 1).Reshape([shape[0], shape[2]]))));
    }

    /// <summary>Constants of the published graph: the last two blocks' shapes stand for all.</summary>
    private void IgnoreGraph()
    {
        const string Root = "kws_transformer/";
        int last = config.Blocks - 1, shared = config.Blocks - 3;
        foreach (string key in (string[])["dense/Tensordot/shape", "strided_slice_1", "strided_slice_11", "strided_slice_12"]) Ignore(key);
        foreach (string key in (string[])["MatMul", "MatMul1", "MatMul2", "MatMul_1", "transpose_1"]) Ignore(Of(last, "multi_head_self_attention", key));
        if (shared < 0) return;
        string root = Of(shared, "multi_head_self_attention", "");
        Ignore($"{root}truediv;{Root}{root}Sqrt");
        string norm = string.Create(CultureInfo.InvariantCulture, $"transformer_block_{shared}/layer_normalization_{2 * shared + 1}");
        foreach (string key in (string[])["batchnorm/add/y", "moments/variance/reduction_indices"]) Ignore($"{norm}/{key}");
        foreach (string key in (string[])["Cast/x", "Pow/y", "add_1/x", "mul/x", "mul_2/x", "Tensordot/shape"]) Ignore(Dense(5, key));
        Ignore(Dense(6, "Tensordot/shape"));

        void Ignore(string key) => IgnoreKey(Root + key, "a constant of the graph");
        string Of(int block, string module, string key) => string.Create(CultureInfo.InvariantCulture, $"transformer_block_{block}/{module}_{block}/{key}");
        string Dense(int number, string key) => Of(shared, "sequential", string.Create(CultureInfo.InvariantCulture, $"dense_{6 * shared + number}/{key}"));
    }
}

/// <summary>A linear map of each frame, the class token in front, and the places' embeddings: [B, T, F] to [B, 1 + T, D].</summary>
internal sealed class KeywordTokens : Layer
{
    private readonly Linear projection;
    private readonly Parameter classToken;
    private readonly Parameter positions;

    public KeywordTokens(KeywordTransformerConfig config)
    {
        projection = Add("projection", new Linear(config.Features, config.Width));
        classToken = AddParameter("class_token", [1, 1, config.Width], Initialiser.Normal(0.02f));
        positions = AddParameter("position_embeddings", [1, config.Frames + 1, config.Width], Initialiser.Normal(0.02f));
    }

    protected override Variable Compute(Variable x)
    {
        var frames = projection.Forward(x);
        var first = x.Pass.Of(classToken).Expand([x.Shape[0], 1, frames.Shape[2]]);
        return Variable.Concat([first, frames], axis: 1) + x.Pass.Of(positions);
    }
}
