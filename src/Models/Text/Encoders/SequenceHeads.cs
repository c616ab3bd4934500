using Graft.Autograd;

namespace Graft.Models;

/// <summary>Logits of each sequence from its first token's state: dropout and a linear map behind the pooler or a layer of the head's own:
/// [B, T, D] to [B, L].</summary>
internal sealed class SequenceHead : Layer<FirstToken>
{
    private readonly EncoderTrunk? pooling;
    private readonly Activation activation;
    private readonly Dropout dropout;
    private readonly bool dropsFirst;
    private readonly Linear? dense;
    private readonly Linear output;

    public SequenceHead(EncoderConfig config, SequenceHeadKeys keys, EncoderTrunk trunk, int labels)
    {
        activation = keys.Activation ?? Activation.Identity;
        dropsFirst = keys.DropsFirst;
        dropout = Add("dropout", new Dropout(config.ClassifierDropout));
        if (keys.Dense is { } key) dense = Add(key, config.Linear(config.HiddenSize, config.HiddenSize));
        else pooling = trunk;
        output = Add(keys.Output, config.Linear(config.HiddenSize, labels));
    }

    protected override Variable Compute(Variable x, FirstToken first)
    {
        if (dense is null) return output.Forward(dropout.Forward(pooling!.Pool(x, first.Places)));
        var state = EncoderTrunk.First(x, first.Places);
        if (dropsFirst) state = dropout.Forward(state);
        return output.Forward(dropout.Forward(dense.Forward(state, activation)));
    }
}

/// <summary>A class (or several, or regression values) for each sequence: <c>logits</c> [B, L].</summary>
internal sealed class EncoderForSequenceClassification : EncoderHead
{
    private readonly SequenceHead head;

    public EncoderForSequenceClassification(EncoderConfig config) : base(config, TextHead.SequenceClassification, config.Family.Sequence.Dense is null)
    {
        head = Add("", new SequenceHead(config, config.Family.Sequence, Trunk, config.Labels));
        AddStages(head);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => new(("logits", head.Forward(Trunk.ForwardAll(inputs, trace), new FirstToken(inputs.FirstTokens))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets) => SequenceLoss.Of(Name, ProblemType, outputs["logits"], targets);

    public override bool IsHeadOnStates => true;

    private protected override Variable ComputeStates(TextInputs inputs) => EncoderTrunk.First(Trunk.ForwardAll(inputs, trace: null), inputs.FirstTokens);

    private protected override TextOutputs ComputeHead(Variable states) => new(("logits", head.Forward(states, default)));
}

/// <summary>Which of the texts that follow one another is right: <c>logits</c> [B C, 1].</summary>
internal sealed class EncoderForMultipleChoice : EncoderHead
{
    private readonly SequenceHead head;

    public EncoderForMultipleChoice(EncoderConfig config) : base(config, TextHead.MultipleChoice, config.Family.Choice.Dense is null)
    {
        head = Add("", new SequenceHead(config, config.Family.Choice, Trunk, labels: 1));
        AddStages(head);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => new(("logits", head.Forward(Trunk.ForwardAll(inputs, trace), new FirstToken(inputs.FirstTokens))));

    /// <summary>The cross-entropy over the choices of each example, as many as sequences come to a label.</summary>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        var logits = outputs["logits"];
        int[] labels = Needed(targets.Labels, "the number of the right choice of each example");
        int sequences = logits.Shape[0];
        if (labels.Length == 0 || sequences % labels.Length != 0)
            throw new ArgumentException($"{sequences} sequences are not as many choices for each of {labels.Length} examples");
        return CrossEntropy(logits.Reshape([labels.Length, sequences / labels.Length]), labels);
    }
}
