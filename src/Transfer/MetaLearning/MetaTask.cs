using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>A task that a model adapts to by a few steps (Finn et al. 2017): a loss that it learns by and one that says how well it did.</summary>
/// <param name="Support">The mean loss of the examples to learn from, in a run of the model.</param>
/// <param name="Query">That of the examples that are asked about.</param>
/// <param name="Count">How many examples are asked about.</param>
public sealed record MetaTask(Func<Pass, Variable> Support, Func<Pass, Variable> Query, int Count);
