using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>A module that learns whole beside adapters: its own values, and the base's, one of which is in the model.</summary>
/// <param name="key">Its key in the model.</param>
/// <param name="name">What the config calls it; empty where these are single parameters.</param>
/// <param name="isNamed">Whether the config names it; else the task implies it.</param>
/// <param name="tensors">Its parameters and buffers.</param>
internal sealed class SavedModule(string key, string name, bool isNamed, IReadOnlyList<Parameter> tensors)
{
    private readonly float[][] aside = new float[tensors.Count][];

    public string Key => key;

    public string Name => name;

    public bool IsNamed => isNamed;

    public IReadOnlyList<Parameter> Tensors => tensors;

    /// <summary>Keeps a copy of the values in the model.</summary>
    public void Copy()
    {
        for (int i = 0; i < aside.Length; i++) aside[i] = tensors[i].Value.ToArray();
    }

    /// <summary>Puts values of a file aside, to be swapped in.</summary>
    public void Set(int tensor, float[] numbers) => aside[tensor] = numbers;

    /// <summary>Puts the values that are aside into the model, and the model's aside.</summary>
    public void Swap()
    {
        for (int i = 0; i < aside.Length; i++)
        {
            float[] numbers = aside[i];
            aside[i] = tensors[i].Value.ToArray();
            tensors[i].Fill(numbers.CopyTo);
        }
    }

    /// <summary>The values that are not in the model.</summary>
    public float[] Aside(int tensor) => aside[tensor];

    /// <summary>The values that were learnt.</summary>
    /// <param name="tensor">Which tensor.</param>
    /// <param name="areAside">Whether the model has the base's.</param>
    public float[] Learnt(int tensor, bool areAside) => areAside ? aside[tensor] : tensors[tensor].Value.ToArray();
}
