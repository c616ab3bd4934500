using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Texts of a domain that a classifier is adapted to: each step of the source has some of them beside it.</summary>
internal sealed class TextTarget
{
    private readonly DomainMethod method;
    private readonly IReadOnlyList<TokenisedText> texts;
    private readonly int[] lengths;
    private readonly BatchPlan plan;
    private readonly ulong seed;
    private readonly double steps;
    private (int Epoch, int[][] Batches) planned = (-1, []);

    /// <param name="model">The model that is to learn.</param>
    /// <param name="examples">What it learns from, with the texts of the target.</param>
    /// <param name="how">How, with all that a run decides for itself.</param>
    /// <param name="batches">How many batches an epoch of the source has.</param>
    /// <exception cref="ArgumentException">The model cannot be adapted so, or there are too few texts.</exception>
    public TextTarget(TextModel model, TextExamples examples, TextFineTuneOptions how, int batches)
    {
        var kind = how.Adaptation.Method!;
        Require(kind);
        if (examples.TargetTexts is not { } target || !model.IsHeadOnStates)
            throw new ArgumentException($"{kind} adapts what tells texts of one class each apart by one state of each: leave it out here");
        if (target.Count < 2)
            throw new ArgumentException($"the target has {target.Count} {(target.Count == 1 ? "text" : "texts")}, of which nothing can be learnt about a domain: give some hundred");
        texts = target;
        int classes = examples.Classes!.Max() + 1;
        method = kind.Create(new DomainSetting(FeaturesOf(model, examples), Math.Max(classes, model.Labels.Count), how.Recipe.Seed)
        {
            Strength = how.Adaptation.Strength,
            Threshold = how.Adaptation.Threshold,
        }) ?? throw new ArgumentException($"{kind} has no loss of its own");
        if (method.WantsVariation || method.KeepsSource) throw NotForTexts(kind);
        lengths = [.. texts.Select(static text => text.Length)];
        plan = new BatchPlan(texts.Count, how.BatchSize!.Value, even: true);
        // in an order of its own, so that domains with the same texts in the same places are not learnt in pairs
        seed = new RandomStream(how.Recipe.Seed, "target").Bits(0).First;
        steps = (how.Recipe.Epochs!.Value + how.Recipe.FrozenEpochs!.Value) * (double)batches;
    }

    /// <summary>What of the method learns with the model; null for nothing.</summary>
    public ParameterGroup? Group => method.Parameters().Any() ? new ParameterGroup("adaptation", method) : null;

    /// <summary>Refuses a method that texts are not adapted by.</summary>
    /// <exception cref="ArgumentException">It is one.</exception>
    public static void Require(DomainMethodKind kind)
    {
        if (!kind.NeedsSource)
            throw new ArgumentException($"{kind} is about norms over pictures: texts are adapted by a method that learns labels beside the target, such as {DomainMethodKind.Dann}");
        if (kind == DomainMethodKind.FixMatch || kind == DomainMethodKind.Adda) throw NotForTexts(kind);
    }

    private static ArgumentException NotForTexts(DomainMethodKind kind) => new(
        $"{kind} is for pictures: it wants them in strong variations, or as a model saw them at first; choose {DomainMethodKind.Dann} or {DomainMethodKind.PseudoLabels}");

    /// <summary>The loss of a step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pass">Its run.</param>
    /// <param name="examples">What is learnt from.</param>
    /// <param name="chosen">Which of it.</param>
    /// <param name="step">The step of the training, from 0.</param>
    public Variable Loss(TextModel model, Pass pass, TextExamples examples, int[] chosen, long step)
    {
        // a run for each domain: nothing goes from text to text, and short ones beside long ones would be filled up to those
        var states = Variable.Concat([States([.. chosen.Select(index => examples[index])]), States([.. At(step).Select(index => texts[index])])]);
        var domains = DomainStep.Split(states, model.ForwardHead(states)["logits"], chosen.Length, Math.Clamp(step / steps, 0, 1)) with
        {
            Head = rows => model.ForwardHead(rows)["logits"],
            Labelled = Labelled,
        };
        return Labelled(domains.SourceLogits) + method.Loss(domains);

        Variable States(TokenisedText[] some) => model.SequenceStates(pass, examples.Preparation.Batch(model, some));

        Variable Labelled(Variable logits) => examples.LossOf(model, new TextOutputs(("logits", logits)), chosen);
    }

    /// <summary>Which texts stand beside a step; they come again where there are fewer than of the source.</summary>
    private int[] At(long step)
    {
        var (epoch, batch) = Math.DivRem(step, plan.Count);
        if (planned.Epoch != epoch) planned = ((int)epoch, [.. TextBatchPlan.Epoch(lengths, plan, seed, (int)epoch)]);
        return planned.Batches[batch];
    }

    private static int FeaturesOf(TextModel model, TextExamples examples)
    {
        using var pass = Pass.Infer(Device.Cpu);
        return model.SequenceStates(pass, examples.Preparation.Batch(model, [examples[0]])).Shape[1];
    }
}
