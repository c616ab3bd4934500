using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The encoder alone or with a head: <c>last_hidden_state</c> [B, T, D], or <c>logits</c>.</summary>
internal sealed class Wav2Vec2Model : SpeechModel
{
    private const string Prefix = "wav2vec2";

    private static readonly string[] OfPretraining =
        ["quantizer.codevectors", "quantizer.weight_proj.weight", "quantizer.weight_proj.bias", "project_hid.weight", "project_hid.bias", "project_q.weight", "project_q.bias"];

    private readonly Wav2Vec2Config config;
    private readonly Wav2Vec2Trunk trunk;
    private readonly Dropout dropout;
    private readonly Linear? map;
    private readonly Linear? projector;

    public Wav2Vec2Model(Wav2Vec2Config config, SpeechHead head) : base(Wav2Vec2.Family.ClassOf(head))
    {
        (this.config, Head) = (config, head);
        trunk = Add(head == SpeechHead.None ? "" : Prefix, new Wav2Vec2Trunk(config));
        dropout = Add("dropout", new Dropout(config.FinalDropout));
        if (head == SpeechHead.Ctc) map = Add("lm_head", config.Linear(config.Width, config.Labels));
        if (head == SpeechHead.SequenceClassification)
        {
            projector = Add("projector", config.Linear(config.Width, config.ClassifierWidth));
            map = Add("classifier", config.Linear(config.ClassifierWidth, config.Labels));
        }
        foreach (var (name, modules) in trunk.StagesWith(new Module?[] { projector, map }.OfType<Module>())) AddStage(name, modules);
        foreach (string key in OfPretraining) IgnoreKey(key, "of its pretraining");
    }

    public override SpeechHead Head { get; }

    public override string ModelType => Wav2Vec2.Family.ModelType;

    public override int HiddenSize => config.Width;

    public override int Stride => config.Strides.Aggregate(1, static (product, stride) => product * stride);

    public override int? Blank => Head == SpeechHead.Ctc ? config.Blank : null;

    public override IReadOnlyList<string> Labels => config.LabelNames ?? [];

    internal override string? TrunkKey => Prefix;

    public override int FramesOf(int length) => config.FramesOf(length);

    public override SpeechModel Remake(int labels, ulong seed) => new Wav2Vec2Model(config with { Labels = labels, LabelNames = null }, Head) { Seed = seed };

    public override Variable Loss(TextOutputs outputs, SpeechBatch batch, SpeechTargets targets)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(targets);
        switch (Head)
        {
            case SpeechHead.Ctc:
                var transcripts = SequenceLoss.Needed(Name, targets.Transcripts, "the labels of each sound in order");
                return outputs["logits"].CtcLoss(
                    transcripts, Frames(batch), config.Blank, config.IsLossMean ? CtcReduction.Mean : CtcReduction.Sum, config.ZeroInfinity);
            case SpeechHead.SequenceClassification:
                return SequenceLoss.CrossEntropy(outputs["logits"], SequenceLoss.Needed(Name, targets.Labels, "class numbers"));
            default:
                throw new ArgumentException($"{Name} has no head and so no loss of its own");
        }
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers()
    {
        var others = new Dictionary<string, JsonElement>(TextModel.Kept(config.Members), StringComparer.Ordinal);
        if (Head == SpeechHead.Ctc) others["vocab_size"] = JsonFile.Number(config.Labels);
        return others;
    }

    protected override TextOutputs Compute(Pass pass, SpeechBatch batch, ForwardTrace? trace)
    {
        int[] frames = Frames(batch);
        var states = trunk.Forward(pass, batch, frames, trace);
        switch (Head)
        {
            case SpeechHead.Ctc: return new(("logits", map!.Forward(dropout.Forward(states))));
            case SpeechHead.SequenceClassification:
                var projected = projector!.Forward(states);
                return new(("logits", map!.Forward(batch.Lengths is null ? projected.Mean(1)
                    : (projected * Wav2Vec2Trunk.Counted(pass, frames, states.Shape[1], shared: true)).Sum(1))));
            default: return new(("last_hidden_state", states));
        }
    }

    private int[] Frames(SpeechBatch batch) => [.. Enumerable.Range(0, batch.Sounds).Select(row => FramesOf(batch.LengthOf(row)))];
}
