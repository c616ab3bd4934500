namespace Graft.Autograd;

/// <summary>A part of a pass whose temporaries return to the pool before the pass ends.</summary>
/// <remarks>Scopes nest. What the tape has saved for backward stays alive.</remarks>
/// <example><code>
/// var scope = x.Pass.OpenScope();
/// foreach (var layer in layers) x = scope.KeepOnly(layer.Forward(x));
/// </code></example>
public readonly struct MemoryScope
{
    private readonly Temporaries temporaries;
    private readonly int mark;

    internal MemoryScope(Temporaries temporaries) => (this.temporaries, mark) = (temporaries, temporaries.Count);

    /// <summary>Releases what the pass has rented since the scope was opened, except the memory of one variable: the rest may not be used
    /// again, except by the tape, which holds what it saved. It may be called several times.</summary>
    /// <param name="result">The result of the scope.</param>
    /// <returns>The variable itself.</returns>
    public Variable KeepOnly(Variable result)
    {
        ArgumentNullException.ThrowIfNull(result);
        temporaries.GiveBackSince(mark, result.Value);
        return result;
    }

    /// <summary>Releases everything that the pass has rented since the scope was opened.</summary>
    public void KeepNothing() => temporaries.GiveBackSince(mark, keep: null);
}
