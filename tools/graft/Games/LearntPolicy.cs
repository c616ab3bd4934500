using System.Globalization;
using Graft.Reinforcement;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary>A network for a game: from nothing, from a file, or with the trunk of one of another game.</summary>
internal sealed class LearntPolicy(GameKind game, ImageModel model) : IDisposable
{
    /// <summary>What <c>--learn</c> calls imitation of another network.</summary>
    public const string Distil = "distil";

    private const double Sharp = 0.01;

    public ImageModel Model => model;

    /// <summary>Opens a network.</summary>
    /// <param name="game">What it is to play.</param>
    /// <param name="method">How it learns that; null where it only plays.</param>
    /// <param name="from">A file; null to begin with nothing.</param>
    /// <param name="seed">The seed of initial values.</param>
    /// <exception cref="WrongInputException">The file is of another game, or its trunk does not fit.</exception>
    public static LearntPolicy Open(GameKind game, string? method, string? from, ulong seed)
    {
        var saved = from is null ? null : SavedPolicy.Load(from);
        if (method is null)
        {
            if (saved!.Game == game) return new LearntPolicy(game, saved.Model);
            saved.Model.Dispose();
            throw new WrongInputException($"{Printable.Whole(from!)} plays {saved.Game}: say so instead of {game}, or have it learn with --learn METHOD");
        }
        bool hasValue = method != Distil && PolicyMethodKind.Named(method).HasValue;
        if (saved is not null && saved.Game == game && saved.HasValue == hasValue) return new LearntPolicy(game, saved.Model);
        var model = game.Network(hasValue, seed);
        try
        {
            if (saved is not null) model.CopyWeightsFrom(saved.Model, includeHead: false);
            return new LearntPolicy(game, model);
        }
        catch (ArgumentException exception)
        {
            model.Dispose();
            throw new WrongInputException($"the trunk of {Printable.Whole(from!)} is of no use for {game}: {Shell.Line(exception.Message)}");
        }
        finally
        {
            saved?.Model.Dispose();
        }
    }

    /// <exception cref="WrongInputException">Nothing of the network has such a name.</exception>
    public void Freeze(string pattern)
    {
        try
        {
            model.Freeze(pattern);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--freeze: {Shell.Line(exception.Message)}");
        }
    }

    /// <summary>Learns the game; if that fails, what was learnt so far is saved.</summary>
    public PolicyReport Learn(
        string method, string? teacher, PolicyTrainingOptions options, Device device, OutputFile? place, ProgressDisplay display, CancellationToken interrupt)
    {
        var shown = new Shown(display);
        return SavePlace.Learn(place, () => model, Save, Learn, () => shown.Frames);

        PolicyReport Learn() => teacher is null
            ? PolicyTraining.Run(model, game, options with { Method = PolicyMethodKind.Named(method) }, device, shown, interrupt)
            : Imitate(teacher, options, device, interrupt);
    }

    /// <summary>Saves it to a file.</summary>
    public void Save(string path) => SavedPolicy.Save(model, game, path);

    public void Dispose() => model.Dispose();

    private PolicyReport Imitate(string teacher, PolicyTrainingOptions options, Device device, CancellationToken interrupt)
    {
        var master = SavedPolicy.Load(teacher);
        using var network = master.Model;
        if (master.Game != game) throw new WrongInputException($"--teacher {Printable.Whole(teacher)} plays {master.Game}, not {game}");
        // what actions are worth is no share of them
        using var player = new Player(network, game.Create(), device) { Temperature = master.HasValue ? 1 : Sharp };
        return PolicyTraining.Imitate(model, game, player, options, device, interrupt);
    }

    private sealed class Shown(ProgressDisplay display) : IProgress<PolicyProgress>
    {
        public long Frames { get; private set; }

        public void Report(PolicyProgress value)
        {
            Frames = value.Frames;
            double share = Math.Max((double)value.Frames / value.Of, 1e-9);
            string text = string.Create(CultureInfo.InvariantCulture, $"step {value.Frames:n0} of {value.Of:n0}{(double.IsNaN(value.Return) ? "" : $", {value.Return:0.0} a game")}");
            display.At(Math.Min(value.Frames, value.Of), value.Of, text, value.Elapsed * Math.Max(0, 1 / share - 1));
        }
    }
}
