using System.CommandLine;
using System.Globalization;

namespace Graft.CommandLine;

/// <summary>The options that say how texts are generated; what is not given is as the model's <c>generation_config.json</c> says.</summary>
internal sealed class GenerationLine
{
    private readonly Option<int> newTokens = Options.WholeNumber("--max-new-tokens", "The most tokens behind the prompt.", 1, null);
    private readonly Option<bool> sample = new("--sample") { Description = "Draw tokens at random; --temperature, --top-k, --top-p and --min-p do so too." };
    private readonly Option<double?> temperature = Number("--temperature", "T", "What logits are divided by before a draw: below 1 the likelier tokens come more often.");
    private readonly Option<int> topK = Options.WholeNumber("--top-k", "Draw among so many likeliest tokens; 0 for all.", 0, null);
    private readonly Option<double?> topP = Number("--top-p", "P", "Draw among the likeliest tokens that together have this probability.");
    private readonly Option<double?> minP = Number("--min-p", "SHARE", "Draw among tokens of at least this share of the likeliest one's probability.");
    private readonly Option<double?> repetition = Number("--repetition-penalty", "FACTOR", "Makes tokens that were there less likely; above 1.");
    private readonly Option<int> ngram = Options.WholeNumber("--no-repeat-ngram-size", "No run of so many tokens comes twice; 0 for no such rule.", 0, null);
    private readonly Option<int> beams = Options.WholeNumber("--num-beams", "Go on with so many texts at a time and give the best.", 1, null, most: 1024);
    private readonly Option<double?> penalty = Number("--length-penalty", "POWER", "The power of a text's length by which beams divide its score: above 0 longer ones are preferred.");
    private readonly Option<int> count = Options.WholeNumber("--num-return-sequences", "How many texts are given.", 1, null, most: 1024);
    private readonly Option<ulong> seed = Options.Seed("What makes the draws the same ones again.");

    public GenerationLine(Command command)
    {
        foreach (Option option in (Option[])[newTokens, sample, temperature, topK, topP, minP, repetition, ngram, beams, penalty, count, seed]) command.Add(option);
    }

    public GenerationOptions Read(ParseResult parsed, GenerationOptions standard)
    {
        bool draws = parsed.GetValue(sample) || IsGiven(temperature) || IsGiven(topK) || IsGiven(topP) || IsGiven(minP);
        return standard with
        {
            MaximumNewTokens = IsGiven(newTokens) ? parsed.GetValue(newTokens) : standard.MaximumNewTokens,
            DoSample = draws || standard.DoSample,
            Temperature = (float?)parsed.GetValue(temperature) ?? standard.Temperature,
            TopK = IsGiven(topK) ? parsed.GetValue(topK) : standard.TopK,
            TopP = (float?)parsed.GetValue(topP) ?? standard.TopP,
            MinP = (float?)parsed.GetValue(minP) ?? standard.MinP,
            RepetitionPenalty = (float?)parsed.GetValue(repetition) ?? standard.RepetitionPenalty,
            NoRepeatNgramSize = IsGiven(ngram) ? parsed.GetValue(ngram) : standard.NoRepeatNgramSize,
            Beams = IsGiven(beams) ? parsed.GetValue(beams) : standard.Beams,
            LengthPenalty = (float?)parsed.GetValue(penalty) ?? standard.LengthPenalty,
            ReturnedSequences = IsGiven(count) ? parsed.GetValue(count) : standard.ReturnedSequences,
            Seed = parsed.GetValue(seed),
        };

        bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };
    }

    private static Option<double?> Number(string name, string helpName, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)) return value;
            result.AddError($"{name} is a number, not '{Printable.Whole(given)}'");
            return null;
        };
        return option;
    }
}
