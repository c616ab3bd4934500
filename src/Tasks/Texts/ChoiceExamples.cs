using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Examples of multiple choice, each as many sequences as it has choices.</summary>
internal sealed class ChoiceExamples : TextExamples
{
    private readonly IReadOnlyList<ChoiceExample> examples;
    private readonly TokenisedText[][] choices;

    public ChoiceExamples(TextPreparation preparation, IReadOnlyList<ChoiceExample> examples) : base(preparation)
    {
        this.examples = examples;
        choices = [.. examples.Select(example => Encode(preparation, example))];
    }

    public override int Count => examples.Count;

    /// <summary>The sequences of an example: the context with each choice, before which the question stands.</summary>
    public static TokenisedText[] Encode(TextPreparation preparation, ChoiceExample example) =>
        [.. example.Choices.Select(choice => preparation.Encode(example.Context, example.Question.Length == 0 ? choice : $"{example.Question} {choice}"))];

    /// <summary>The mean over the examples of the cross-entropy among the choices of each; those with as many choices are computed together.</summary>
    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        Variable? sum = null;
        foreach (var alike in chosen.GroupBy(index => choices[index].Length))
        {
            int[] some = [.. alike];
            var batch = Preparation.Batch(model, [.. some.SelectMany(index => choices[index])]);
            var loss = model.Loss(pass, batch, new TextTargets { Labels = Array.ConvertAll(some, index => examples[index].Answer!.Value) });
            if (some.Length < chosen.Length) loss *= (float)some.Length / chosen.Length;
            sum = sum is null ? loss : sum + loss;
        }
        return sum!;
    }

    public override void AddTo(DataFingerprint print)
    {
        print.Add(Count);
        for (int index = 0; index < Count; index++)
        {
            print.Add(choices[index].Length);
            foreach (var choice in choices[index]) print.Add(choice.Ids.AsSpan());
            print.Add(examples[index].Answer ?? -1);
        }
    }

    protected override TextTargets Targets(TextFrame frame) => new();

    /// <summary>The longest choice, which says how long an example's sequences become.</summary>
    protected override TokenisedText Encode(int index) => choices[index].MaxBy(static choice => choice.Length)!;
}
