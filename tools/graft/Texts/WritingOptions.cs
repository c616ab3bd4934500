using System.CommandLine;

namespace Graft.CommandLine;

/// <summary>How texts are written.</summary>
internal sealed class WritingOptions
{
    private readonly Option<int> beams = Options.WholeNumber(
        "--beams", "How many likeliest texts the search goes on with at a time; 1 takes the likeliest word each time. What the model's folder says without it.", 1, preset: null, most: 64);
    private readonly Option<int> newTokens = Options.WholeNumber("--max-new-tokens", "The most tokens that are written for a text.", 1, preset: null, most: 100_000);
    private readonly Option<int> ngram = Options.WholeNumber("--no-repeat-ngram", "No run of so many tokens comes twice in a text; 0 for no such rule.", 0, preset: null, most: 1000);
    private readonly Option<double?> penalty = new("--length-penalty")
    {
        Description = "The power of a text's length that its score is divided by in a search with beams: above 1 longer ones are preferred more.",
        HelpName = "NUMBER",
    };

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

    /// <summary>What a model's folder says, with what was given over it.</summary>
    /// <exception cref="WrongInputException">An option is impossible.</exception>
    public GenerationOptions Read(ParseResult parsed, GenerationOptions own)
    {
        int width = parsed.Find(beams) ?? own.Beams;
        var options = own with
        {
            Beams = width,
            ReturnedSequences = 1,
            MaximumNewTokens = parsed.Find(newTokens) ?? own.MaximumNewTokens,
            NoRepeatNgramSize = parsed.Find(ngram) ?? own.NoRepeatNgramSize,
            LengthPenalty = (float)(parsed.GetValue(penalty) ?? own.LengthPenalty),
        };
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
}
