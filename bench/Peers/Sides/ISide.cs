namespace Graft.Peers;

/// <summary>One library's share of a workload: made once (its weights and inputs with it), then run many times.</summary>
internal interface ISide : IDisposable
{
    /// <summary>All weights of the model, frozen ones too, without buffers; 0 where the workload has none. The sides have to agree.</summary>
    long ParameterCount { get; }

    /// <summary>Which of the library's kernels do the work, where it tells; else null.</summary>
    string? Kernel => null;

    /// <summary>What comes before some pieces of work and is not timed.</summary>
    void Prepare()
    {
    }

    /// <summary>Does the work once and returns a number out of its result, which has to be finite.</summary>
    float Run();
}

/// <summary>Makes a side that computes with so many threads.</summary>
internal delegate ISide SideFactory(int threads);
