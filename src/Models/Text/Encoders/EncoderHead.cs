using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An encoder and what stands above it.</summary>
internal abstract class EncoderHead : TextModel
{
    private readonly string trunkKey;

    private protected EncoderHead(EncoderConfig config, TextHead head, bool hasPooler) : base(config.Family.ClassOf(head))
    {
        (Config, Head, trunkKey) = (config, head, config.Family.TrunkKey);
        Trunk = Add(head == TextHead.None ? "" : trunkKey, new EncoderTrunk(config, hasPooler));
        Sizes = new TextModelSizes(config.VocabularySize, config.MaximumPositions - config.FirstPosition, config.HiddenSize, config.PaddingToken, config.TokenTypes);
        ProblemType = HubConfig.ProblemName(config.Problem);
    }

    public override TextHead Head { get; }

    public override string ModelType => Config.Family.ModelType;

    public override TextModelSizes Sizes { get; }

    public override IReadOnlyList<string> Labels => Head is TextHead.SequenceClassification or TextHead.TokenClassification
        ? Config.LabelNames ?? [.. Enumerable.Range(0, Config.Labels).Select(PretrainedInfo.Unnamed)] : [];

    internal override string TrunkKey => trunkKey;

    internal override string? WithoutPrefix => Config.SharedGroups > 0 ? "its layers are one that runs again and again"
        : Config.RelativeBuckets > 0 ? "its scores are by distances, of which a prefix has none" : null;

    public override int FirstPosition => Config.FirstPosition;

    internal EncoderConfig Config { get; }

    internal EncoderTrunk Trunk { get; }

    public override TextModel Remake(int labels, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        var model = Config.Family.Create(Head, labels == Config.Labels ? Config : Config with { Labels = labels, LabelNames = null }, seed);
        model.ProblemType = ProblemType;
        return model;
    }

    public override void Require(TextBatch batch) => Trunk.Require(batch);

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => Kept(Config.Members);

    private protected void AddStages(params IEnumerable<Module> head)
    {
        foreach (var (name, modules) in Trunk.StagesWith(head)) AddStage(name, modules);
    }

    /// <summary>The mean cross-entropy of [..., L] over the tokens that are not ignored (<c>ignore_index</c>).</summary>
    private protected static Variable CrossEntropy(Variable logits, int[] labels) => SequenceLoss.CrossEntropy(logits, labels);

    /// <summary>The places of a batch that have a label, and their labels.</summary>
    internal (int[] Places, int[] Labels) Labelled(int[] labels, Shape tokens) => SequenceLoss.Labelled(Name, labels, tokens);

    private protected T Needed<T>(T? targets, string name) where T : class => SequenceLoss.Needed(Name, targets, name);
}

/// <summary>The encoder alone, with its pooler where it has one: <c>last_hidden_state</c> [B, T, D], <c>pooler_output</c> [B, D].</summary>
internal sealed class EncoderModel : EncoderHead
{
    public EncoderModel(EncoderConfig config) : base(config, TextHead.None, config.HasPooler) => AddStages();

    /// <summary>The same encoder without its pooler.</summary>
    public EncoderModel WithoutPooler() => new(Config with { HasPooler = false }) { Seed = Seed };

    /// <summary>Whether there is a pooler.</summary>
    public bool HasPooler => Trunk.HasPooler;

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        if (!HasPooler) return new(("last_hidden_state", Trunk.Forward(inputs, trace)));
        var states = Trunk.ForwardAll(inputs, trace);
        return new(("last_hidden_state", states.Shape[1] == inputs.Length ? states : states.Slice(1, states.Shape[1] - inputs.Length, inputs.Length)),
            ("pooler_output", Trunk.Pool(states, inputs.FirstTokens)));
    }

    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        throw new ArgumentException($"{Name} has no head and so no loss of its own");
}
