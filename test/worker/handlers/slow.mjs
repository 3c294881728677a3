// A few milliseconds of work, so that tasks are under way when something happens.
export default async (payload) => {
  await new Promise((resolve) => setTimeout(resolve, 3));
  return { count: payload.count };
};
