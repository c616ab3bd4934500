namespace Graft.Tensors;

/// <summary>One step of an optimiser on one weight; the hyper-parameters of the step are fields of the struct.</summary>
public interface IUpdateRule
{
    /// <summary>How many numbers an optimiser remembers a weight: 0, 1 (<c>first</c>) or 2 (<c>first</c> and <c>second</c>).</summary>
    static abstract int StateCount { get; }

    /// <summary>Moves the weight against its gradient and brings the remembered numbers up to date.</summary>
    void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>;
}
