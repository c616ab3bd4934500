using Graft.Autograd;

namespace Graft.Models;

/// <summary>A class for each token: <c>logits</c> [B, T, L].</summary>
internal sealed class EncoderForTokenClassification : EncoderHead
{
    private readonly Dropout dropout;
    private readonly Linear classifier;

    public EncoderForTokenClassification(EncoderConfig config) : base(config, TextHead.TokenClassification, hasPooler: false)
    {
        dropout = Add("dropout", new Dropout(config.TokenDropout));
        classifier = Add("classifier", config.Linear(config.HiddenSize, config.Labels));
        AddStages(classifier);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", classifier.Forward(dropout.Forward(Trunk.Forward(inputs, trace)))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets) =>
        CrossEntropy(outputs["logits"], Needed(targets.Labels, "a class number for each token"));
}

/// <summary>Where an answer begins and ends: <c>start_logits</c> and <c>end_logits</c> [B, T].</summary>
internal sealed class EncoderForQuestionAnswering : EncoderHead
{
    private readonly Dropout dropout;
    private readonly Linear outputs;

    public EncoderForQuestionAnswering(EncoderConfig config) : base(config, TextHead.QuestionAnswering, hasPooler: false)
    {
        dropout = Add("dropout", new Dropout(config.AnswerDropout));
        outputs = Add("qa_outputs", config.Linear(config.HiddenSize, 2));
        AddStages(outputs);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        var logits = outputs.Forward(dropout.Forward(Trunk.Forward(inputs, trace)));
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
internal sealed class EncoderForMaskedLM : EncoderHead
{
    private const string Words = "a word for each token, or that it is ignored";

    private readonly LanguageHead head;

    public EncoderForMaskedLM(EncoderConfig config) : base(config, TextHead.MaskedLanguageModel, hasPooler: false)
    {
        head = Add("", new LanguageHead(config, Trunk.WordEmbeddings));
        AddStages(head);
        // the heads of further objectives come with the family's own weights
        foreach (string module in config.Family.Language.Beside)
            foreach (string key in (string[])["weight", "bias"]) IgnoreKey($"{module}.{key}", "the head of another objective");
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", head.Forward(Trunk.Forward(inputs, trace))));

    public override Variable Loss(TextOutputs outputs, TextTargets targets) => CrossEntropy(outputs["logits"], Needed(targets.Labels, Words));

    /// <summary>The logits [M, V] of some places of a batch.</summary>
    /// <param name="inputs">The batch.</param>
    /// <param name="places">Which of the rows [B T].</param>
    public Variable LogitsAt(TextInputs inputs, int[] places)
    {
        var states = Trunk.Forward(inputs, trace: null);
        return head.Forward(states.Reshape([inputs.Sequences * inputs.Length, states.Shape[2]]).Embedding(places, [places.Length]));
    }

    private protected override Variable ComputeLoss(TextInputs inputs, TextTargets targets)
    {
        var (places, words) = Labelled(Needed(targets.Labels, Words), inputs.Places);
        return CrossEntropy(LogitsAt(inputs, places), words);
    }
}

/// <summary>[B, T, D] to [B, T, V].</summary>
internal sealed class LanguageHead : Layer
{
    private readonly Activation activation;
    private readonly Linear dense;
    private readonly LayerNorm norm;
    private readonly Parameter decoder;
    private readonly Parameter bias;

    public LanguageHead(EncoderConfig config, Parameter words)
    {
        var keys = config.Family.Language;
        activation = keys.Activation ?? config.Activation;
        bias = AddParameter(keys.Bias, [config.VocabularySize], Initialiser.Zeros);
        if (keys.Bias != $"{keys.Decoder}.bias") AddAlias($"{keys.Decoder}.bias", bias);
        dense = Add(keys.Dense, config.Linear(config.HiddenSize, config.EmbeddingSize));
        norm = Add(keys.Norm, config.Norm(config.EmbeddingSize));
        decoder = config.TieWordEmbeddings ? words : AddParameter($"{keys.Decoder}.weight", words.Shape, Initialiser.Normal(config.InitializerRange));
        if (config.TieWordEmbeddings) AddAlias($"{keys.Decoder}.weight", words);
    }

    protected override Variable Compute(Variable x)
    {
        var pass = x.Pass;
        return norm.Forward(dense.Forward(x, activation)).Linear(pass.Of(decoder), pass.Of(bias));
    }
}

/// <summary>Whether each token was put in place of another (ELECTRA, Clark et al. 2020): <c>logits</c> [B, T].</summary>
internal sealed class EncoderForReplacedTokens : EncoderHead
{
    private readonly Activation activation;
    private readonly Linear dense;
    private readonly Linear output;

    public EncoderForReplacedTokens(EncoderConfig config) : base(config, TextHead.ReplacedTokenDetection, hasPooler: false)
    {
        var (denseKey, outputKey) = config.Family.Detection!.Value;
        activation = config.Activation;
        dense = Add(denseKey, config.Linear(config.HiddenSize, config.HiddenSize));
        output = Add(outputKey, config.Linear(config.HiddenSize, 1));
        AddStages(dense, output);
    }

    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) =>
        new(("logits", output.Forward(dense.Forward(Trunk.Forward(inputs, trace), activation)).Reshape(inputs.Places)));

    /// <summary>The mean binary cross-entropy over the tokens whose label is not <see cref="TextTargets.Ignored"/>: padding has to be given
    /// that label.</summary>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        var logits = outputs["logits"];
        int[] labels = Needed(targets.Labels, "a 1 for each replaced token and a 0 for each other");
        int odd = Array.FindIndex(labels, label => label is not (0 or 1 or TextTargets.Ignored));
        if (odd >= 0) throw new ArgumentException($"the label {labels[odd]} is neither 1 (replaced) nor 0 nor {TextTargets.Ignored}, which leaves a token out");
        var (places, replaced) = Labelled(labels, logits.Shape);
        return logits.Reshape([labels.Length, 1]).Embedding(places, [places.Length]).BinaryCrossEntropyWithLogits(Array.ConvertAll(replaced, static label => (float)label));
    }
}
