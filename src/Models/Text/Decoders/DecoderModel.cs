using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A decoder alone: <c>last_hidden_state</c> [B, T, D]; with a head what that makes of it.</summary>
internal class DecoderModel : TextModel
{
    private readonly IDecoderConfig config;

    public DecoderModel(IDecoderConfig config, TextHead head) : this(config, head, isBare: true) => AddStages();

    private protected DecoderModel(IDecoderConfig config, TextHead head, bool isBare) : base(config.Family.ClassOf(head))
    {
        (this.config, Head, Sizes) = (config, head, config.Sizes);
        Trunk = Add(isBare ? "" : TrunkKey, config.MakeTrunk());
    }

    public override TextHead Head { get; }

    public override string ModelType => config.Family.ModelType;

    public override TextModelSizes Sizes { get; }

    internal override string TrunkKey => config.Family.TrunkKey;

    private protected DecoderTrunk Trunk { get; }

    public override TextModel Remake(int labels, ulong seed) => DecoderFamily.Create(Head, config, seed);

    public override void Require(TextBatch batch) => Trunk.Require(batch);

    public override Variable Loss(TextOutputs outputs, TextTargets targets) => throw new ArgumentException($"{Name} has no head and so no loss of its own");

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => Kept(config.Members);

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => new(("last_hidden_state", Trunk.Forward(inputs, trace)));

    private protected void AddStages(params IEnumerable<Module> head)
    {
        foreach (var (name, modules) in Trunk.StagesWith(head)) AddStage(name, modules);
    }
}

/// <summary>The next word at each place: <c>logits</c> [B, T, V]. The last map is the word embeddings themselves unless the config unties
/// them.</summary>
internal sealed class CausalLanguageModel : DecoderModel
{
    private const string HeadKey = "lm_head";
    private const string Words = "the words themselves as labels, each being learnt from the place before it";

    private readonly Linear? head;

    public CausalLanguageModel(IDecoderConfig config) : base(config, TextHead.CausalLanguageModel, isBare: false)
    {
        if (config.TieWordEmbeddings)
        {
            AddAlias($"{HeadKey}.weight", Trunk.WordEmbeddings);
            AddStages();
            return;
        }
        head = Add(HeadKey, new Linear(config.Sizes.HiddenSize, config.Sizes.Vocabulary, hasBias: false, Initialiser.Normal(config.InitializerRange)));
        AddStages(head);
    }

    internal override bool KeepsState => true;

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => new(("logits", Logits(inputs.Scored(Trunk.Forward(inputs, trace)))));

    /// <summary>The mean cross-entropy of each word given those before it; labels [B, T] are the words, <see cref="TextTargets.Ignored"/>
    /// where one is left out.</summary>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        var logits = outputs["logits"];
        return SequenceLoss.CrossEntropy(logits, Next(targets, logits.Shape[0], logits.Shape[1]));
    }

    private protected override Variable ComputeLoss(TextInputs inputs, TextTargets targets)
    {
        var states = Trunk.Forward(inputs, trace: null);
        int length = states.Shape[1];
        var (places, words) = SequenceLoss.Labelled(Name, Next(targets, inputs.Sequences, length), [inputs.Sequences, length]);
        return SequenceLoss.CrossEntropy(Logits(states.Reshape([inputs.Sequences * length, states.Shape[2]]).Embedding(places, [places.Length])), words);
    }

    private Variable Logits(Variable states) => head is null ? states.Linear(states.Pass.Of(Trunk.WordEmbeddings)) : head.Forward(states);

    /// <summary>Each place's label is the next place's word; the last place has none.</summary>
    private int[] Next(TextTargets targets, int sequences, int length)
    {
        int[] labels = SequenceLoss.Needed(Name, targets.Labels, Words), next = new int[sequences * length];
        // learnt embeddings have no words, but the last of them tells the first
        int first = VirtualTokens is { IsPrefix: false } prompt ? prompt.Count : 0, own = length - first;
        if (labels.Length != sequences * own) throw new ArgumentException($"{Name}: {labels.Length} labels do not fit {sequences} sequences of {own} tokens: each token has one");
        Array.Fill(next, TextTargets.Ignored);
        for (int row = 0; row < sequences; row++)
        {
            int skipped = first == 0 ? 1 : 0;
            labels.AsSpan(row * own + skipped, own - skipped).CopyTo(next.AsSpan(row * length + first - 1 + skipped));
        }
        return next;
    }
}
