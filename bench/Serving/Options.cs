using System.Globalization;

namespace Graft.Serving;

/// <summary>The command line: <c>--name value</c> pairs.</summary>
internal sealed record Options
{
    public int Clients { get; init; } = 16;

    public double Seconds { get; init; } = 60;

    /// <summary>Pictures that the clients ask about.</summary>
    public int Pictures { get; init; } = 64;

    /// <summary>Predictions that the server computes at once; null for its own choice.</summary>
    public int? Simultaneous { get; init; }

    /// <summary>Whether a fine-tuning runs in the server all the while.</summary>
    public bool FineTune { get; init; } = true;

    public string Model { get; init; } = "cifar-resnet20";

    public string Weights { get; init; } = "../shared/data/cifar-resnet/resnet20-12fca82f.th";

    /// <summary>A folder of pictures, a sub-folder a class, to ask about.</summary>
    public string Test { get; init; } = "../shared/data/cifar10-jpeg/test";

    /// <summary>A folder of pictures, a sub-folder a class, to learn.</summary>
    public string Training { get; init; } = "../shared/data/cifar10-jpeg/train";

    /// <exception cref="ArgumentException">There is no such option, or its value is none.</exception>
    public static Options Parse(string[] arguments)
    {
        var options = new Options();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} has no value");
            options = arguments[i] switch
            {
                "--clients" => options with { Clients = int.Parse(value, CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--pictures" => options with { Pictures = int.Parse(value, CultureInfo.InvariantCulture) },
                "--simultaneous" => options with { Simultaneous = int.Parse(value, CultureInfo.InvariantCulture) },
                "--fine-tune" => options with { FineTune = bool.Parse(value) },
                "--model" => options with { Model = value },
                "--weights" => options with { Weights = value },
                "--test" => options with { Test = value },
                "--training" => options with { Training = value },
                string other => throw new ArgumentException($"there is no option {other}"),
            };
        }
        return options;
    }
}
