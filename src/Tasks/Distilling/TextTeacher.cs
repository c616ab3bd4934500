using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>A classifier of texts that answers the texts a student learns from, out of the same tokens.</summary>
internal sealed class TextTeacher : IDisposable
{
    private readonly string name;
    private readonly TextClassifier classifier;
    private readonly TextPreparation preparation;
    private readonly TeacherLabels labels;

    /// <exception cref="ArgumentException">Its classes are others.</exception>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    public TextTeacher(DistillationOptions options, TextPreparation student, IReadOnlyList<string> classes)
    {
        name = options.Teacher!;
        classifier = TextClassifier.Load(name);
        preparation = classifier.Preparation with { MaximumLength = student.MaximumLength };
        try
        {
            labels = new TeacherLabels(name, classifier.Labels, classes, options);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a text of which the teacher makes other tokens.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public void Require(TextExample text, TokenisedText tokens)
    {
        var own = preparation.Encode(text.Text, text.Pair);
        if (!own.Ids.AsSpan().SequenceEqual(tokens.Ids) || !own.TokenTypes.AsSpan().SequenceEqual(tokens.TokenTypes))
            throw new ArgumentException($"{Printable.Whole(name)} cannot teach this: it makes other tokens of '{Printable.Whole(text.Text)}'; a teacher has the same tokeniser");
    }

    /// <summary>The loss with the teacher's part.</summary>
    /// <param name="hard">That of the labels.</param>
    /// <param name="student">The student's answers.</param>
    /// <param name="texts">The tokens that it answered to.</param>
    public Variable Of(Variable hard, Variable student, IReadOnlyList<TokenisedText> texts)
    {
        float[] answers;
        using (var pass = Pass.Infer(hard.Pass.Device))
            answers = classifier.Model.Forward(pass, preparation.Batch(classifier.Model, texts))["logits"].Value.ToArray();
        return labels.Of(hard, student, answers);
    }

    public void Dispose() => classifier.Dispose();
}
