using System.CommandLine;
using System.Globalization;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>What a comparison of arms runs.</summary>
internal sealed class ReportOptions
{
    private static readonly string[] Known = [.. TransferArm.All.Select(static arm => arm.Name)];

    private readonly Option<int> seeds = Options.WholeNumber(
        "--seeds", "Runs of each arm, with a seed each; they count on from --seed. One gives no verdict.", 1, new TransferComparisonOptions().Seeds, most: 100);
    private readonly Option<string[]> arms = Options.Names(
        "--arms", "NAME,NAME...",
        $"The arms: {string.Join(", ", Known)}. Without it {string.Join(", ", TransferArm.Usual.Select(static arm => arm.Name))}.");
    private readonly Option<string[]> shares = Options.Names(
        "--shares", "SHARE,SHARE...|none",
        "The shares of the examples that the verdict's arm learns from beside all of them, to say how many it needs. Without it 0.125,0.25,0.5.");
    private readonly Option<double?> minutes = new("--minutes")
    {
        Description = "How long each run may train; it ends with what it has learnt.",
        HelpName = "X",
        Arity = ArgumentArity.ExactlyOne,
    };

    public ReportOptions(Command command)
    {
        arms.Validators.Add(result =>
        {
            foreach (string name in result.GetValueOrDefault<string[]>() ?? [])
                if (!Known.Contains(name)) result.AddError($"--arms: there is no arm '{Printable.Whole(name)}'{NearName.Hint(name, Known)}; there are {string.Join(", ", Known)}");
        });
        shares.Validators.Add(result =>
        {
            foreach (string share in result.GetValueOrDefault<string[]>() ?? [])
                if (share != "none" && Share(share) is not (> 0 and < 1)) result.AddError($"--shares needs numbers in (0, 1), not '{Printable.Whole(share)}'");
        });
        minutes.CustomParser = static result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 100_000) return value;
            result.AddError($"--minutes is a number above 0, not '{Printable.Whole(given)}'");
            return null;
        };
        arms.CompletionSources.Add(Known);
        command.Add(seeds);
        command.Add(arms);
        command.Add(shares);
        command.Add(minutes);
    }

    public TransferComparisonOptions Read(ParseResult parsed)
    {
        var options = new TransferComparisonOptions { Seeds = parsed.GetValue(seeds) };
        if (parsed.GetValue(arms) is { Length: > 0 } named) options = options with { Arms = [.. named.Select(TransferArm.Named)] };
        if (parsed.GetValue(shares) is { Length: > 0 } given)
            options = options with { Shares = [.. given.Where(static share => share != "none").Select(static share => Share(share)!.Value)] };
        if (parsed.GetValue(minutes) is { } some) options = options with { TimeLimit = TimeSpan.FromMinutes(some) };
        return options;
    }

    private static double? Share(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
