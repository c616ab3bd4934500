using Graft.Autograd;

namespace Graft.Models;

/// <summary>The encoder alone, with its pooler: <c>last_hidden_state</c> [B, T, D], <c>pooler_output</c> [B, D].</summary>
internal sealed class BertModel : TextModel
{
    private readonly BertTrunk trunk;

    public BertModel(BertConfig config) : base(nameof(BertModel))
    {
        trunk = Add("", new BertTrunk(config, hasPooler: true));
        foreach (var (name, modules) in trunk.StagesWith()) AddStage(name, modules);
    }

    internal override string TrunkKey => BertHead.TrunkKeyOfHub;

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        var states = trunk.Forward(inputs, trace);
        return new(("last_hidden_state", states), ("pooler_output", trunk.Pool(states)));
    }

    public override void Require(TextBatch batch) => trunk.Require(batch);

    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        throw new ArgumentException($"{Name} has no head and so no loss of its own");
}

/// <summary>An encoder under <c>bert</c> and something above it.</summary>
internal abstract class BertHead : TextModel
{
    public const string TrunkKeyOfHub = "bert";

    private protected BertHead(string name, BertConfig config, bool hasPooler) : base(name) => Trunk = Add(TrunkKeyOfHub, new BertTrunk(config, hasPooler));

    internal override string TrunkKey => TrunkKeyOfHub;

    private protected BertTrunk Trunk { get; }

    private protected void AddStages(Module head)
    {
        foreach (var (name, modules) in Trunk.StagesWith(head)) AddStage(name, modules);
    }

    public override void Require(TextBatch batch) => Trunk.Require(batch);

    /// <summary>The mean cross-entropy of [..., L] over the tokens that are not ignored (<c>ignore_index</c>).</summary>
    private protected static Variable CrossEntropy(Variable logits, int[] labels)
    {
        int odd = Array.FindIndex(labels, label => label < 0 && label != TextTargets.Ignored);
        if (odd >= 0) throw new ArgumentException($"the label {labels[odd]} is neither a class nor {TextTargets.Ignored}, which leaves a token out");
        int classes = logits.Shape[^1];
        return logits.Reshape([checked((int)(logits.Shape.ElementCount / classes)), classes]).CrossEntropy(labels);
    }

    private protected T Needed<T>(T? targets, string name) where T : class =>
        targets ?? throw new ArgumentException($"{Name} learns from {name}, and there are none");
}

/// <summary>A class (or several, or regression values) for each sequence, from the pooled state: <c>logits</c> [B, L].</summary>
internal sealed class BertForSequenceClassification : BertHead
{
    private readonly Dropout dropout;
    private readonly Linear classifier;
    private readonly ProblemType? problem;

    public BertForSequenceClassification(BertConfig config) : base(nameof(BertForSequenceClassification), config, hasPooler: true)
    {
        dropout = Add("dropout", new Dropout(config.ClassifierDropout));
        classifier = Add("classifier", BertLayer.Linear(config, config.HiddenSize, config.Labels));
        problem = config.Problem;
        AddStages(classifier);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", classifier.Forward(dropout.Forward(Trunk.Pool(Trunk.Forward(inputs, trace))))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        var logits = outputs["logits"];
        // as Hugging Face's class guesses where the config does not say
        var kind = problem ?? (logits.Shape[1] == 1 ? ProblemType.Regression : targets.Labels is null ? ProblemType.MultiLabel : ProblemType.SingleLabel);
        return kind switch
        {
            ProblemType.SingleLabel => CrossEntropy(logits, Needed(targets.Labels, "class numbers")),
            ProblemType.MultiLabel => logits.BinaryCrossEntropyWithLogits(Needed(targets.Values, "a 0 or 1 for each label")),
            _ => logits.MeanSquaredError(Needed(targets.Values, "values")),
        };
    }
}

/// <summary>A class for each token: <c>logits</c> [B, T, L].</summary>
internal sealed class BertForTokenClassification : BertHead
{
    private readonly Dropout dropout;
    private readonly Linear classifier;

    public BertForTokenClassification(BertConfig config) : base(nameof(BertForTokenClassification), config, hasPooler: false)
    {
        dropout = Add("dropout", new Dropout(config.ClassifierDropout));
        classifier = Add("classifier", BertLayer.Linear(config, config.HiddenSize, config.Labels));
        AddStages(classifier);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", classifier.Forward(dropout.Forward(Trunk.Forward(inputs, trace)))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        CrossEntropy(outputs["logits"], Needed(targets.Labels, "a class number for each token"));
}

/// <summary>Where an answer begins and ends: <c>start_logits</c> and <c>end_logits</c> [B, T].</summary>
internal sealed class BertForQuestionAnswering : BertHead
{
    private readonly Linear outputs;

    public BertForQuestionAnswering(BertConfig config) : base(nameof(BertForQuestionAnswering), config, hasPooler: false)
    {
        outputs = Add("qa_outputs", BertLayer.Linear(config, config.HiddenSize, 2));
        AddStages(outputs);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        var logits = outputs.Forward(Trunk.Forward(inputs, trace));
        return new(("start_logits", Column(0)), ("end_logits", Column(1)));

        Variable Column(int number) => logits.Slice(2, number, 1).Reshape(inputs.Places);
    }

    /// <summary>The mean of the start's and the end's cross-entropy. An answer that begins or ends behind the last token does not
    /// count; a negative position counts as the first, as Hugging Face has it.</summary>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        return (Side("start_logits", targets.StartPositions) + Side("end_logits", targets.EndPositions)) * 0.5f;

        Variable Side(string name, int[]? positions)
        {
            int length = outputs[name].Shape[1];
            return outputs[name].CrossEntropy(Array.ConvertAll(
                Needed(positions, "the positions where answers start and end"), position => position >= length ? TextTargets.Ignored : Math.Max(0, position)));
        }
    }
}

/// <summary>The word at each position: <c>logits</c> [B, T, V]. The last map is the word embeddings themselves unless the config unties
/// them.</summary>
internal sealed class BertForMaskedLM : BertHead
{
    private readonly BertLanguageHead head;

    public BertForMaskedLM(BertConfig config) : base(nameof(BertForMaskedLM), config, hasPooler: false)
    {
        head = Add("cls.predictions", new BertLanguageHead(config, Trunk.WordEmbeddings));
        AddStages(head);
        // the next-sentence head comes with BERT's own weights
        foreach (string key in (string[])["weight", "bias"]) IgnoreKey($"cls.seq_relationship.{key}");
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", head.Forward(Trunk.Forward(inputs, trace))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        CrossEntropy(outputs["logits"], Needed(targets.Labels, "a word for each token, or that it is ignored"));
}

/// <summary>[B, T, D] to [B, T, V].</summary>
internal sealed class BertLanguageHead : Layer
{
    private readonly Activation activation;
    private readonly Linear dense;
    private readonly LayerNorm norm;
    private readonly Parameter decoder;
    private readonly Parameter bias;

    public BertLanguageHead(BertConfig config, Parameter words)
    {
        activation = config.Activation;
        bias = AddParameter("bias", [config.VocabularySize], Initialiser.Zeros);
        AddAlias("decoder.bias", bias);
        dense = Add("transform.dense", BertLayer.Linear(config, config.HiddenSize, config.HiddenSize));
        norm = Add("transform.LayerNorm", new LayerNorm(config.HiddenSize, config.LayerNormEpsilon));
        decoder = config.TieWordEmbeddings ? words : AddParameter("decoder.weight", words.Shape, Initialiser.Normal(config.InitializerRange));
        if (config.TieWordEmbeddings) AddAlias("decoder.weight", words);
    }

    protected override Variable Compute(Variable x)
    {
        var pass = x.Pass;
        return norm.Forward(dense.Forward(x, activation)).Linear(pass.Of(decoder), pass.Of(bias));
    }
}
