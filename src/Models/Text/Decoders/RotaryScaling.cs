namespace Graft.Models;

/// <summary>The frequencies of rotary position embeddings (Su et al. 2021) of heads of W numbers, and how they are changed for longer texts.</summary>
/// <param name="Frequencies">[W / 2], the angle of one place.</param>
/// <param name="Factor">What cosines and sines are multiplied by.</param>
internal sealed record RotaryScaling(float[] Frequencies, float Factor)
{
    private const string Name = "rope_scaling", NewName = "rope_parameters", ThetaName = "rope_theta";

    /// <summary>Reads <c>rope_theta</c> and <c>rope_scaling</c>: <c>default</c>, <c>linear</c> (Chen et al. 2023), <c>dynamic</c>, <c>llama3</c> or <c>yarn</c> (Peng et
    /// al. 2023).</summary>
    /// <exception cref="CheckpointException">A member is missing or asks for what is not built.</exception>
    public static RotaryScaling Read(HubConfig config, int width, int positions)
    {
        var members = config.Members.Object(Name) ?? config.Members.Object(NewName);
        double theta = (config.Members.TryGet(ThetaName, out _) ? config.Positive(ThetaName, 0) : members?.Number(ThetaName)) ?? 10000;
        if (!(theta > 1)) throw config.Fail(ThetaName, $"is {theta}, and it has to be above 1");
        float[] plain = [.. Enumerable.Range(0, width / 2).Select(pair => (float)(1 / Math.Pow(theta, 2.0 * pair / width)))];
        if (members is not { } given) return new RotaryScaling(plain, 1);
        string kind = given.Text("rope_type") ?? given.Text("type") ?? throw given.Missing("rope_type");
        return kind switch
        {
            // a text longer than the context is what the dynamic rule is for, and such a text is refused
            "default" or "dynamic" => new RotaryScaling(plain, 1),
            "linear" => new RotaryScaling([.. plain.Select(frequency => (float)(frequency / Positive(given, "factor")))], 1),
            "llama3" => new RotaryScaling([.. plain.Select(frequency => Llama3(given, frequency))], 1),
            "yarn" => Yarn(given, theta, width, positions),
            _ => throw given.Wrong("rope_type", $"is '{Printable.Text(kind)}'; built are default, linear, dynamic, llama3 and yarn"),
        };
    }

    /// <summary>Long wavelengths are stretched, short ones kept, those between are between.</summary>
    private static float Llama3(JsonObjectReader given, float frequency)
    {
        double factor = Positive(given, "factor"), low = Positive(given, "low_freq_factor"), high = Positive(given, "high_freq_factor");
        double context = Positive(given, "original_max_position_embeddings"), wavelength = 2 * Math.PI / frequency;
        if (!(high > low)) throw given.Wrong("high_freq_factor", $"is {high}, which is not above 'low_freq_factor' ({low})");
        if (wavelength < context / high) return frequency;
        if (wavelength > context / low) return (float)(frequency / factor);
        double share = (context / wavelength - low) / (high - low);
        return (float)((1 - share) * frequency / factor + share * frequency);
    }

    /// <summary>Between the numbers that turn often within the context, which are kept, and those that turn seldom, which are stretched, there is a ramp.</summary>
    private static RotaryScaling Yarn(JsonObjectReader given, double theta, int width, int positions)
    {
        foreach (string other in (string[])["mscale", "mscale_all_dim"])
            if (given.TryGet(other, out _)) throw given.Wrong(other, "is there, which is not built");
        double factor = Positive(given, "factor"), context = given.Number("original_max_position_embeddings") ?? positions;
        double first = Math.Max(0, Math.Floor(Turning(given.Number("beta_fast") ?? 32))), last = Math.Min(width - 1, Math.Ceiling(Turning(given.Number("beta_slow") ?? 1)));
        if (last == first) last += 0.001;
        var frequencies = new float[width / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            double frequency = 1 / Math.Pow(theta, 2.0 * pair / width), stretched = Math.Clamp((pair - first) / (last - first), 0, 1);
            frequencies[pair] = (float)(frequency / factor * stretched + frequency * (1 - stretched));
        }
        return new RotaryScaling(frequencies, (float)(given.Number("attention_factor") ?? (factor <= 1 ? 1 : 0.1 * Math.Log(factor) + 1)));

        // the number whose angle makes so many turns within the context
        double Turning(double turns) => width * Math.Log(context / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    private static double Positive(JsonObjectReader given, string name)
    {
        double number = given.Number(name) ?? throw given.Missing(name);
        return number > 0 ? number : throw given.Wrong(name, $"is {number}, and it has to be above 0");
    }
}
