using System.Security.Cryptography;
using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>A training set whose model can be run in two parts: what a frozen trunk makes of each example is then computed once and kept
/// (<see cref="FineTuneOptions.Cache"/>). An epoch of it learns from the same batches in the same order as one of the set itself.</summary>
public interface IStagedTrainingSet : ITrainingSet
{
    /// <summary>How many examples there are.</summary>
    int Examples { get; }

    /// <summary>How many views of each example there are; epoch e learns from view e modulo this. Null where each epoch has views of its own, so that nothing
    /// comes twice.</summary>
    int? Views { get; }

    /// <summary>Whether the model can be run from a stage on.</summary>
    /// <param name="stage">The stage's name.</param>
    bool CanStartAt(string stage);

    /// <summary>The examples of each batch of an epoch, in order; those that cannot be read are left out where they are used.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    IEnumerable<IReadOnlyList<int>> Plan(int epoch);

    /// <summary>A view of some examples, in batches of any order and size, as the model takes them. A batch is good until the next one is asked for.</summary>
    /// <param name="view">The view, from 0.</param>
    /// <param name="examples">Which examples.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    IEnumerable<IStagedBatch> Inputs(int view, IReadOnlyList<int> examples, CancellationToken cancellation);

    /// <summary>The mean loss over some examples, from a stage on.</summary>
    /// <param name="x">What goes into the stage for them, in their order.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="examples">Which examples.</param>
    Variable LossFrom(Variable x, string stage, IReadOnlyList<int> examples);
}

/// <summary>Some examples of an <see cref="IStagedTrainingSet"/> as the model takes them.</summary>
public interface IStagedBatch
{
    /// <summary>Which examples; those that could not be read are not among them.</summary>
    IReadOnlyList<int> Examples { get; }

    /// <summary>What goes into a stage: the output of all before it, a row an example.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="stage">The stage's name.</param>
    Variable Below(Pass pass, string stage);

    /// <summary>Adds what the model takes of an example, byte for byte: what its row is known by on the disk.</summary>
    /// <param name="row">The example's place in the batch.</param>
    /// <param name="hash">What it is added to.</param>
    void AppendContent(int row, IncrementalHash hash);
}
