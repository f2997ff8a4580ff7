// What this browser keeps: drafts and answers that wait. Where storage is full or off, it lives as long as the page.

const memory = new Map();
export const state = { lasting: true };

export function put(key, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(key, text);
    memory.delete(key);
  } catch {
    memory.set(key, text);
    state.lasting = false;
  }
}

export function take(key) {
  const text = memory.get(key) ?? read(() => localStorage.getItem(key));
  return text ? parsed(text) : null;
}

export function drop(key) {
  memory.delete(key);
  read(() => localStorage.removeItem(key));
}

export function keys(beginning) {
  const stored = read(() => Object.keys(localStorage)) ?? [];
  return [...new Set([...stored, ...memory.keys()])].filter((key) => key.startsWith(beginning)).sort();
}

function read(access) {
  try {
    return access();
  } catch {
    return null;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
