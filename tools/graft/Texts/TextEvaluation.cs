using System.CommandLine;
using System.Diagnostics;
using Graft.Tasks;
using Graft.Text;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft evaluate</c> of a text model.</summary>
internal static class TextEvaluation
{
    public static int Run(
        TextHead head, string folder, string? adapter, string file, TextData columns, WritingOptions writing, OpenDevice where, bool asJson, ParseResult parsed,
        CancellationToken interrupt)
    {
        if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
        string? matched = null;
        var clock = Stopwatch.StartNew();
        Evaluation evaluation;
        string? task = TextTasks.Of(head, adapter ?? folder);
        if (task != TextTasks.Translation) writing.RequireNone(parsed);
        columns.RequireTargets(parsed, task == TextTasks.Translation ? 1 : 0);
        switch (task)
        {
            case TextTasks.Classification:
                var texts = columns.Labelled(file, parsed);
                using (var classifier = TextLearners.Load(TextTasks.Classification, folder, adapter, where, TextClassifier.From))
                    evaluation = classifier.Evaluate(texts, null, out matched, interrupt);
                break;
            case TextTasks.Tokens:
                var tagged = TextData.Tagged(file);
                using (var tagger = TextLearners.Load(TextTasks.Tokens, folder, adapter, where, TokenClassifier.From)) evaluation = tagger.Evaluate(tagged, cancellation: interrupt);
                break;
            case TextTasks.Questions:
                var questions = SquadFile.Read(file);
                using (var reader = TextLearners.Load(TextTasks.Questions, folder, adapter, where, QuestionAnswerer.From)) evaluation = reader.Evaluate(questions, cancellation: interrupt);
                break;
            case TextTasks.Choices:
                var choices = columns.Choices(file, parsed);
                using (var answerer = TextLearners.Load(TextTasks.Choices, folder, adapter, where, MultipleChoiceAnswerer.From)) evaluation = answerer.Evaluate(choices, interrupt);
                break;
            case TextTasks.Ranking:
                var pairs = columns.Rated(file, parsed);
                using (var ranker = TextLearners.Load(TextTasks.Ranking, folder, adapter, where, TextRanker.From)) evaluation = ranker.Evaluate(pairs, interrupt);
                break;
            case TextTasks.Language:
                string[] lines = [.. columns.Texts(file, parsed).Select(static text => text.Text)];
                using (var language = LanguageModelPretraining.FromPretrained(folder, where.Device)) evaluation = language.Evaluate(lines, interrupt);
                break;
            case TextTasks.ReplacedTokens:
                string[] filled = [.. columns.Texts(file, parsed).Select(static text => text.Text)];
                using (var detector = ReplacedTokenPretraining.FromPretrained(folder, where.Device)) evaluation = detector.Evaluate(filled, interrupt);
                break;
            case TextTasks.Writing:
                string[] written = [.. columns.Texts(file, parsed).Select(static text => text.Text)];
                using (var generator = TextLearners.Load(TextTasks.Writing, folder, adapter, where, TextGenerator.From)) evaluation = generator.Evaluate(written, interrupt);
                break;
            case TextTasks.Translation:
                var parallel = columns.Parallel(file, parsed);
                using (var writer = TextLearners.Load(TextTasks.Translation, folder, adapter, where, SequenceToSequence.From))
                    evaluation = writer.Evaluate(parallel, writing.Read(parsed, writer.Generation), interrupt);
                break;
            default:
                throw new WrongInputException($"--model {Printable.Whole(folder)} has no head that gives answers: fine-tune it first");
        }
        if (matched is not null) Notes.Tell(parsed.InvocationConfiguration.Error, $"{file}: {matched}");
        return new Evaluated(folder, file, "examples", evaluation, matched, clock.Elapsed.TotalSeconds).Write(parsed, asJson);
    }
}
