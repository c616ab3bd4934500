using System.CommandLine;

namespace Graft.CommandLine;

/// <summary>How texts are written and drawn; what is not given is as the model's <c>generation_config.json</c> says.</summary>
internal sealed class DrawingOptions
{
    private readonly Option<bool> sample = new("--sample") { Description = "Draw tokens at random; --temperature, --top-k, --top-p and --min-p do so too." };
    private readonly Option<double> temperature = Options.Number("--temperature", "T", "What logits are divided by before a draw: below 1 the likelier tokens come more often.");
    private readonly Option<int> topK = Options.WholeNumber("--top-k", "Draw among so many likeliest tokens; 0 for all.", 0, null);
    private readonly Option<double> topP = Options.Number("--top-p", "P", "Draw among the likeliest tokens that together have this probability.");
    private readonly Option<double> minP = Options.Number("--min-p", "SHARE", "Draw among tokens of at least this share of the likeliest one's probability.");
    private readonly Option<double> repetition = Options.Number("--repetition-penalty", "FACTOR", "Makes tokens that were there less likely; above 1.");
    private readonly Option<int> count = Options.WholeNumber("--num-return-sequences", "How many texts are given.", 1, null, most: 1024);
    private readonly Option<ulong> seed = Options.Seed("What makes the draws the same ones again.");
    private readonly WritingOptions writing;

    public DrawingOptions(Command command)
    {
        writing = new WritingOptions(command);
        foreach (Option option in (Option[])[sample, temperature, topK, topP, minP, repetition, count, seed]) command.Add(option);
    }

    public GenerationOptions Read(ParseResult parsed, GenerationOptions own)
    {
        bool draws = parsed.GetValue(sample) || ((Option[])[temperature, topK, topP, minP]).Any(option => parsed.GetResult(option) is { Implicit: false });
        return writing.Over(parsed, own) with
        {
            DoSample = draws || own.DoSample,
            Temperature = (float?)parsed.Find(temperature) ?? own.Temperature,
            TopK = parsed.Find(topK) ?? own.TopK,
            TopP = (float?)parsed.Find(topP) ?? own.TopP,
            MinP = (float?)parsed.Find(minP) ?? own.MinP,
            RepetitionPenalty = (float?)parsed.Find(repetition) ?? own.RepetitionPenalty,
            ReturnedSequences = parsed.Find(count) ?? own.ReturnedSequences,
            Seed = parsed.GetValue(seed),
        };
    }
}
