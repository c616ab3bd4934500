using System.Globalization;

namespace Graft.Samples.SpokenDigits;

/// <summary>What the command line says.</summary>
/// <param name="Speech">The folder that <c>make_speech.py</c> wrote.</param>
/// <param name="Models">The folder of what is learnt; what a run learnt first is taken up from there.</param>
/// <param name="SourceEpochs">How often the phrases are learnt from.</param>
/// <param name="Epochs">How often the digits are learnt from.</param>
/// <param name="Seeds">How many runs there are.</param>
internal sealed record Settings(string Speech, string Models, int SourceEpochs, int Epochs, int Seeds)
{
    /// <summary>Reads a command line; null where it is wrong, which is said.</summary>
    public static Settings? Read(string[] args)
    {
        var settings = args.Length >= 2 ? new Settings(args[0], args[1], SourceEpochs: 8, Epochs: 60, Seeds: 3) : null;
        for (int at = 2; at < args.Length && settings is not null; at += 2)
        {
            int number = at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given > 0 ? given : 0;
            settings = number == 0 ? null : args[at] switch
            {
                "--source-epochs" => settings with { SourceEpochs = number },
                "--epochs" => settings with { Epochs = number },
                "--seeds" => settings with { Seeds = number },
                _ => null,
            };
        }
        if (settings is null) Console.Error.WriteLine("spoken digits: SPEECH MODELS [--source-epochs N] [--epochs N] [--seeds N], with SPEECH as make_speech.py wrote it");
        return settings;
    }
}
