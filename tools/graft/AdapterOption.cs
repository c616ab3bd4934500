using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>--adapter DIR</c>: adapters that come on the model.</summary>
internal sealed class AdapterOption
{
    private readonly Option<string> adapter = Options.FilePath(
        "--adapter", "DIR", "Adapters for the model, as PEFT saves them or 'graft fine-tune --adapter' does; its head and labels come with them.");

    public AdapterOption(Command command) => command.Add(adapter);

    /// <summary>The folder; null where none is given.</summary>
    /// <exception cref="WrongInputException">There is no such folder.</exception>
    public string? Folder(ParseResult parsed)
    {
        if (parsed.GetValue(adapter) is not { } folder) return null;
        return Directory.Exists(folder) ? AdapterFolder.Find(folder) : throw new WrongInputException($"--adapter {Printable.Whole(folder)}: there is no such folder");
    }

    /// <summary>Refuses adapters that do not fit a model, before any work begins.</summary>
    /// <param name="model">The model.</param>
    /// <param name="present">The adapters that it has; null for none.</param>
    /// <param name="options">Those that are asked for.</param>
    /// <exception cref="WrongInputException">They do not fit.</exception>
    public static void RequireFitting(Model model, Adapters? present, AdapterOptions options)
    {
        if (options.Kind is null || present is not null) return;
        try
        {
            Adapters.Require(model, options.ConfigFor(model, []));
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--adapter {options.Kind}: {Shell.Line(exception.Message)}");
        }
    }

    /// <summary>What stands above the encoder with the adapters: what their own config says, or the model's.</summary>
    /// <exception cref="CheckpointException">The adapters' <c>config.json</c> is malformed.</exception>
    public TextHead Head(ParseResult parsed, TextHead own)
    {
        if (Folder(parsed) is not { } folder) return own;
        return PretrainedModel.HeadOf(folder) ?? own;
    }
}
