using System.CommandLine;

namespace Graft.CommandLine;

/// <summary>How texts are written; what is not given is as the model's <c>generation_config.json</c> says.</summary>
internal sealed class WritingOptions
{
    private readonly Option<int> beams = Options.WholeNumber(
        "--num-beams", "How many likeliest texts the search goes on with at a time; 1 takes the likeliest token each time.", 1, preset: null, most: 1024);
    private readonly Option<int> newTokens = Options.WholeNumber("--max-new-tokens", "The most tokens that are written for a text.", 1, preset: null, most: 100_000);
    private readonly Option<int> ngram = Options.WholeNumber("--no-repeat-ngram-size", "No run of so many tokens comes twice in a text; 0 for no such rule.", 0, preset: null, most: 1000);
    private readonly Option<double> penalty = Options.Number(
        "--length-penalty", "POWER", "The power of a text's length that its score is divided by in a search with beams: above 0 longer ones are preferred.");

    public WritingOptions(Command command)
    {
        command.Add(beams);
        command.Add(newTokens);
        command.Add(penalty);
        command.Add(ngram);
    }

    /// <summary>Refuses all of them where nothing is written.</summary>
    /// <exception cref="WrongInputException">One is given.</exception>
    public void RequireNone(ParseResult parsed)
    {
        foreach (Option option in (Option[])[beams, newTokens, penalty, ngram])
            if (parsed.GetResult(option) is { Implicit: false }) throw new WrongInputException($"{option.Name} is for models that write texts: leave it out");
    }

    /// <summary>How many beams there are, for a search that has no other setting; null where it is not said.</summary>
    /// <exception cref="WrongInputException">Another one is given.</exception>
    public int? BeamsAlone(ParseResult parsed)
    {
        foreach (Option option in (Option[])[newTokens, penalty, ngram])
            if (parsed.GetResult(option) is { Implicit: false }) throw new WrongInputException($"{option.Name} is for models that write tokens, such as a Whisper: leave it out");
        return parsed.Find(beams);
    }

    /// <summary>What a model's folder says, with what was given over it.</summary>
    /// <exception cref="WrongInputException">An option is impossible.</exception>
    public GenerationOptions Read(ParseResult parsed, GenerationOptions own)
    {
        var options = Over(parsed, own) with { ReturnedSequences = 1 };
        try
        {
            options.Check();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
        return options;
    }

    /// <summary>The same, unchecked.</summary>
    public GenerationOptions Over(ParseResult parsed, GenerationOptions own) => own with
    {
        Beams = parsed.Find(beams) ?? own.Beams,
        MaximumNewTokens = parsed.Find(newTokens) ?? own.MaximumNewTokens,
        NoRepeatNgramSize = parsed.Find(ngram) ?? own.NoRepeatNgramSize,
        LengthPenalty = (float?)parsed.Find(penalty) ?? own.LengthPenalty,
    };
}
